package judge

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"testing"
)

// commandLine runs AWS CLI commands, JSON on its standard input, in one process: starting it takes longer than all that it does.
const commandLine = `
import contextlib, io, json, sys
from awscli.clidriver import create_clidriver
prints, driver = [], create_clidriver()
for args in json.load(sys.stdin):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        driver.main(['--endpoint-url', sys.argv[1], '--region', 'us-east-1', '--output', 'text'] + args)
    prints.append(out.getvalue().strip())
json.dump(prints, sys.stdout)
`

// Commands gives the AWS CLI commands to an endpoint, one after the other, and returns what each prints, errors too.
func Commands(t testing.TB, endpoint, keyID, secret string, commands [][]string) []string {
	t.Helper()
	in, err := json.Marshal(commands)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), Need(t, "python3:awscli"), "-c", commandLine, endpoint)
	cmd.Env = append(cmd.Environ(), "AWS_ACCESS_KEY_ID="+keyID, "AWS_SECRET_ACCESS_KEY="+secret, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=")
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	var prints []string
	if err == nil {
		err = json.Unmarshal(out, &prints)
	}
	if err != nil || len(prints) != len(commands) {
		t.Fatalf("aws: %v: %s", err, out)
	}
	return prints
}
