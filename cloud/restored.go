package cloud

import "time"

// Restored is one state file that Restore has replaced.
type Restored struct {
	Path  string    `json:"path"`
	Taken time.Time `json:"taken,omitzero"`  // when the copy was taken that is in use now; zero where it begins with nothing
	Aside string    `json:"aside,omitempty"` // where the refused file is kept; empty where there was none
}
