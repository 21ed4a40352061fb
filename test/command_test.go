package test

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"testing"
	"time"
)

// result is what a command left behind.
type result struct {
	exit           int
	stdout, stderr string
}

// callout runs the program with arguments; it must end within 30 s.
func callout(t *testing.T, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		t.Fatalf("callout %v: not done within 30 s\n%s%s", args, stdout.String(), stderr.String())
	}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("callout %v: %v", args, err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// succeed runs a verb with the server's configuration file; it must exit 0. It returns what it printed.
func (s *server) succeed(t *testing.T, args ...string) string {
	t.Helper()
	r := callout(t, append(args, "-c", s.config)...)
	if r.exit != 0 {
		t.Fatalf("callout %v: exit %d\n%s%s", args, r.exit, r.stdout, r.stderr)
	}
	return r.stdout
}
