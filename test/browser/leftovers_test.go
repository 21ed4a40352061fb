package browser

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestAProcessThatTheBrowserLeavesIsKilledAndToldOf(t *testing.T) {
	dir := t.TempDir()
	if err := killLeftovers(dir, time.Minute); err != nil {
		t.Fatalf("nothing is left, but: %v", err)
	}
	left := exec.Command("/bin/sh", "-c", "read forever", dir)
	input, err := left.StdinPipe() // held open, so that it waits
	if err != nil {
		t.Fatal(err)
	}
	defer input.Close()
	if err := left.Start(); err != nil {
		t.Fatal(err)
	}
	if err := killLeftovers(dir, 0); err == nil || !strings.Contains(err.Error(), strconv.Itoa(left.Process.Pid)) {
		t.Errorf("said %v, want the process", err)
	}
	if err := left.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Errorf("it ended with %v, want killed", err)
	}
}
