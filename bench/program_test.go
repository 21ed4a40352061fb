package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// program is the built program, running.
type program struct {
	policy string // address that answers policy requests
	socket string // likewise, a unix socket
	pid    int
	cmd    *exec.Cmd
}

// startCallout starts the built program with one domain and returns where it answers policy requests.
func startCallout(b *testing.B, settings string) (policy, socket string) {
	p := startProgram(b, settings)
	return p.policy, p.socket
}

// startProgram starts the built program, as a service would run: with its log at the default level, in a file.
func startProgram(b *testing.B, settings string) *program {
	return startProgramIn(b, b.TempDir(), "", settings)
}

// startProgramIn starts it on the database of a folder, with pages and API at an address, "" for none.
func startProgramIn(b *testing.B, dir, http, settings string) *program {
	b.Helper()
	binary, err := filepath.Abs("../bin/callout")
	if err != nil {
		b.Fatal(err)
	}
	if _, err := os.Stat(binary); err != nil {
		b.Fatalf("%v; run it by `make bench`, which builds it", err)
	}
	policy, socket := freeAddr(b), filepath.Join(dir, "policy")
	config := fmt.Sprintf("hostname = \"filter.example.net\"\ndata_dir = %q\n[policy]\nlisten = [%q, %q]\n[http]\nlisten = %q\n%s",
		dir, policy, "unix:"+socket, http, settings)
	path := filepath.Join(dir, "callout.toml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		b.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		log.Close()
		noErrors(b, log.Name())
	})
	cmd := exec.Command(binary, "serve", "-c", path)
	cmd.Stderr = log
	start(b, cmd, policy)
	return &program{policy, socket, cmd.Process.Pid, cmd}
}

// droppedLines begins a line that tells how many lines of a log were dropped.
const droppedLines = `level=ERROR msg="log lines were dropped: nobody read the log" lines=`

// noErrors fails the benchmark where a log has an error. That lines were dropped is none: Callout can decide faster
// than a log is written, and then the log does not hold it up. A log may be too large for memory.
func noErrors(b *testing.B, path string) {
	log, err := os.Open(path)
	if err != nil {
		b.Error(err)
		return
	}
	defer log.Close()
	dropped := 0
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if !bytes.Contains(lines.Bytes(), []byte("level=ERROR")) {
			continue
		}
		count, found := strings.CutPrefix(lines.Text(), droppedLines)
		n, err := strconv.Atoi(count)
		if !found || err != nil {
			b.Errorf("callout logged an error: %s", lines.Bytes())
			return
		}
		dropped += n
	}
	if err := lines.Err(); err != nil {
		b.Error(err)
	}
	if dropped > 0 {
		b.Logf("callout dropped %d lines of its log", dropped)
	}
}
