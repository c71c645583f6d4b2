package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// keptForReading is how long the folder of a console that was killed stays: commands that it started may still write what they do there.
const keptForReading = 24 * time.Hour

// consoleFolder makes a folder of this process's own among those of all consoles, and removes what killed ones left there long ago.
func consoleFolder(all string) (string, error) {
	entries, err := os.ReadDir(all)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if folder := filepath.Join(all, e.Name()); err == nil && vanished(pid) && unwritten(folder) > keptForReading {
			if err := os.RemoveAll(folder); err != nil {
				return "", err
			}
		}
	}
	folder := filepath.Join(all, strconv.Itoa(os.Getpid()))
	if err := os.RemoveAll(folder); err != nil { // of a process that had the same number
		return "", err
	}
	return folder, os.MkdirAll(folder, 0o700)
}

// vanished tells whether there is no process of a number. One of another user's, which may not be signalled, is there.
func vanished(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return true
	}
	defer p.Release()
	err = p.Signal(syscall.Signal(0))
	return errors.Is(err, os.ErrProcessDone) || errors.Is(err, syscall.ESRCH)
}

// unwritten is how long ago the newest of a folder's files was written.
func unwritten(folder string) time.Duration {
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		return 0
	}
	least := time.Duration(1<<63 - 1)
	for _, f := range append(files, folder) {
		if info, err := os.Stat(f); err == nil {
			least = min(least, time.Since(info.ModTime()))
		}
	}
	return least
}
