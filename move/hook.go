package move

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// Hook runs a declared command by sh, in a process group of its own that is killed when the time is over, and copies what
// it says.
func Hook(ctx context.Context, command string, most time.Duration, env map[string]string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	c := exec.CommandContext(ctx, "sh", "-c", command)
	c.Env, c.Stdout, c.Stderr = os.Environ(), out, out
	for k, v := range env {
		c.Env = append(c.Env, k+"="+v)
	}
	alone(c)
	c.WaitDelay = time.Second // a grandchild that left the group may keep the output open
	err := c.Run()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%s: killed after %s", command, most)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	return nil
}
