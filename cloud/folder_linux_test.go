package cloud

import (
	"syscall"
	"testing"
)

// A process being forked holds a copy of every descriptor until it executes. The folder is free all the same.
func TestFolderIsFreeThoughACopyOfItsLockIsOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	held, err := lockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := syscall.Dup(int(held.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(copied)
	if err := unlockFolder(held); err != nil {
		t.Fatal(err)
	}
	again, err := lockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := unlockFolder(again); err != nil {
		t.Error(err)
	}
}
