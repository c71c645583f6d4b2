package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The file of an adopted stack is refused by each command that has no use for it before any cloud is asked: here nobody has credentials.
func TestAdoptedFilesAreRefusedByWhatCannotUseThem(t *testing.T) {
	file := filepath.Join(t.TempDir(), "adopted.yaml")
	const text = "name: shop\nadopt:\n  record: www.shop.test\n  regions: [us-east-1, us-west-2]\n  resources:\n" +
		"  - {region: us-east-1, kind: target group, id: an-arn, name: web, settings: {path: /}}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", t.TempDir())
	const known = "which validate, plan, up and unlock know"
	for command, want := range map[string]string{
		"down": "nothing is deleted", "parity": known, "doctor": known, "drill": known, "drill undo": known, "failover": known, "failback": known,
		"watch": known, "status": known, "predict": known, "simulate": known, "export terraform": known, "export cloudformation": known,
	} {
		c := rootCommand()
		c.SetArgs(append(strings.Fields(command), "-f", file))
		c.SetOut(io.Discard)
		c.SetErr(io.Discard)
		if err := c.ExecuteContext(context.Background()); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "--no-import") {
			t.Errorf("%s: %v", command, err)
		}
	}
}
