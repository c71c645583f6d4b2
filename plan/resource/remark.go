package resource

// Remark is something that was seen and is left alone.
type Remark struct {
	Resource string `json:"resource"`     // what it is about: primary/vpc
	ID       string `json:"id,omitempty"` // AWS's, of what is left alone
	Text     string `json:"text"`
}

// Remarking is a resource that has seen something that it leaves alone. The caller fills in which resource it is.
type Remarking interface{ Remarks() []Remark }
