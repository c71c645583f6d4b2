// Package userdata reads an instance's user data as cloud-init does, and says what the instance has to run for it and when.
//
// It is pure: it reads bytes and returns scripts. Whoever boots the instance writes them and runs them. What it does not
// know it names in its notes, which the instance prints on its console; nothing is left out in silence.
//
// The formats are those of https://docs.cloud-init.io/en/latest/explanation/format.html, the keys of #cloud-config those of
// https://docs.cloud-init.io/en/latest/reference/modules.html.
package userdata

import (
	"fmt"
	"slices"
)

// Frequency is how often a step runs, as cloud-init's frequencies of modules.
type Frequency string

// The frequencies.
const (
	Always   Frequency = "always"   // at every boot
	Instance Frequency = "instance" // once in the life of an instance id
	Once     Frequency = "once"     // once in the life of the disk, also where an image of it was made
)

// Step is what one of cloud-init's modules does: a script, run by sh where it names no interpreter.
type Step struct {
	Module string // cloud-init's name, write_files for one
	Every  Frequency
	Script string
}

// Script is a file that the boot runs last, after all steps, with the others of its frequency in the order of their names.
type Script struct {
	Name  string // part-001, or the name that a MIME part gives itself
	Every Frequency
	User  bool // one of the scripts of the user data itself, which run after all others
	Text  string
}

// Boot is what an instance does with its user data.
type Boot struct {
	Hostname string // the name that the user data gives the instance; "" for none. It is set before the steps, at every boot
	Steps    []Step // in the order in which they run
	Scripts  []Script
	Final    string   // the script that says that all is done; "" for none
	Notes    []string // what is not done, and why
}

// Read reads user data, plain or zipped. Data that cannot be read at all gives a Boot with nothing but a note, as
// cloud-init boots an instance whose user data it does not understand.
func Read(data []byte) Boot {
	r := reader{config: map[string]any{}}
	r.read(part{content: data})
	r.configure()
	return r.boot
}

// reader is the state of one reading.
type reader struct {
	boot   Boot
	hooks  []Step
	parts  int            // scripts so far, which name those without a name
	config map[string]any // all parts of #cloud-config together
}

// note says what is not done. Each is said once.
func (r *reader) note(format string, args ...any) {
	if n := fmt.Sprintf(format, args...); !slices.Contains(r.boot.Notes, n) {
		r.boot.Notes = append(r.boot.Notes, n)
	}
}
