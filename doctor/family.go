package doctor

import "strings"

// family is a kind of instances that share a quota of vCPUs.
type family struct{ name, code string }

// standard is the family of most types ("Amazon EC2 On-Demand Instances quotas" in the EC2 User Guide).
var standard = family{"standard (A, C, D, H, I, M, R, T, Z)", "L-1216C47A"}

// families are the others, by the letters that their types begin with.
var families = map[string]family{
	"dl":  {"DL", "L-6E869C2A"},
	"f":   {"F", "L-74FC7D96"},
	"g":   {"G and VT", "L-DB2E81BA"},
	"vt":  {"G and VT", "L-DB2E81BA"},
	"hpc": {"HPC", "L-F7808C92"},
	"u":   {"high memory", "L-43DA4232"},
	"inf": {"Inf", "L-1945791B"},
	"p":   {"P", "L-417A185B"},
	"trn": {"Trn", "L-2C3B7624"},
	"x":   {"X", "L-7295265B"},
}

// familyOf returns the family of an instance type, such as m7g.large.
func familyOf(instanceType string) family {
	letters := instanceType
	if i := strings.IndexAny(instanceType, "-.0123456789"); i >= 0 {
		letters = instanceType[:i]
	}
	if f, ok := families[letters]; ok {
		return f
	}
	return standard
}
