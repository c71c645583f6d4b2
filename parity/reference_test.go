package parity

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/parity.md anew")

const referenceBefore = `# Parity: what it finds

` + "`understudy parity`" + ` reads both regions through the AWS API and compares them by meaning: a rule that refers to a security group by that group's part,
an image by what it was made from, a subnet by its zone's position and its share of the network. Ids and ARNs are evidence and never compared.
[The commands](tool.md#understudy-parity) has the flags, [Drifts](drifts.md) what each of many changes by hand looks like and what heals it.

Each finding has a name, such as ` + "`target group main: matcher`" + `, by which the declaration may list it as known: with ` + "`*`" + ` for any text, a reason, and,
if it is not for ever, a date in the reason.

<!-- fragment: parity -->
` + "```yaml" + `
parity:
  ignore:
    - {finding: "listener port 8443*", reason: "the old clients' port, gone by May"}
` + "```" + `

| severity | what it means |
| --- | --- |
| critical | users would not be served |
| high | the standby would serve badly, late, or something else |
| medium | the standby behaves otherwise than the primary |
| low | nobody would feel it in a failover |

` + "`--fail-on`" + ` says from which severity on the exit status is 1. What passes by itself, such as an instance that starts, is shown apart and does not count.
Which side is wrong is asked of the declaration first, then of AWS's defaults; otherwise the secondary is to be as the primary is, and the finding is
marked with ` + "`?`" + `.

In the table, a finding is a kind of resource and its setting; ` + "`*`" + ` is any text, and without a setting it is the resource itself. The first row that fits judges.
Where "up" heals it, ` + "`understudy up`" + ` does if the stack is declared; the command that a finding prints heals it in any case.

This page is written by ` + "`go test ./parity -run Reference -update`" + `; do not edit it.

| finding | where one side | severity | healed by | why it matters |
| --- | --- | --- | --- | --- |
`

// The page of findings is the table that judges.
func TestReferenceOfFindingsIsCurrent(t *testing.T) {
	b := bytes.NewBufferString(referenceBefore)
	shapes := map[shape]string{whatever: "has it otherwise, lacks it, or has it alone", missing: "lacks it", extra: "has it alone", otherwise: "has it otherwise"}
	for _, r := range rules {
		name := r.kind
		if name == "" {
			name = "anything else"
		}
		if r.setting != "" {
			name += ": " + r.setting
		}
		healed := "its command"
		if r.up {
			healed = "up"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", name, shapes[r.shape], r.severity, healed, strings.ReplaceAll(r.why, "|", `\|`))
	}
	const file = "../docs/parity.md"
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(file); err != nil || !bytes.Equal(have, b.Bytes()) {
		t.Errorf("docs/parity.md is not current (%v): `go test ./parity -run Reference -update` writes it anew", err)
	}
}
