package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// dunnoVariable in the environment makes this test binary the always-DUNNO server at the address it names, so
// that both servers are processes of their own.
const dunnoVariable = "BENCH_DUNNO_SERVER"

func TestMain(m *testing.M) {
	if addr := os.Getenv(dunnoVariable); addr != "" {
		serveDUNNO(addr)
		return
	}
	if addr := os.Getenv(refusingVariable); addr != "" {
		serveRefusing(addr)
		return
	}
	os.Exit(m.Run())
}

// serveDUNNO answers every policy request with DUNNO: the least that a policy server in Go can do.
func serveDUNNO(addr string) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for {
		conn, err := ln.Accept()
		if err != nil {
			os.Exit(1)
		}
		go func() {
			defer conn.Close()
			buf := make([]byte, 8192)
			n := 0
			for {
				m, err := conn.Read(buf[n:])
				if err != nil {
					return
				}
				n += m
				for end := bytes.Index(buf[:n], []byte("\n\n")); end >= 0; end = bytes.Index(buf[:n], []byte("\n\n")) {
					n = copy(buf, buf[end+2:n])
					if _, err := conn.Write([]byte("action=DUNNO\n\n")); err != nil {
						return
					}
				}
			}
		}()
	}
}

// startDUNNO starts the always-DUNNO server and returns its address.
func startDUNNO(b *testing.B) string {
	addr := freeAddr(b)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), dunnoVariable+"="+addr)
	start(b, cmd, addr)
	return addr
}

// program is the built program, running.
type program struct {
	policy string // address that answers policy requests
	socket string // likewise, a unix socket
	pid    int
}

// startCallout starts the built program with one domain and returns where it answers policy requests.
func startCallout(b *testing.B, settings string) (policy, socket string) {
	p := startProgram(b, settings)
	return p.policy, p.socket
}

// startProgram starts the built program, as a service would run: with its log at the default level, in a file.
func startProgram(b *testing.B, settings string) *program {
	binary, err := filepath.Abs("../bin/callout")
	if err != nil {
		b.Fatal(err)
	}
	if _, err := os.Stat(binary); err != nil {
		b.Fatalf("%v; run it by `make bench`, which builds it", err)
	}
	dir := b.TempDir()
	policy, socket := freeAddr(b), filepath.Join(dir, "policy")
	config := fmt.Sprintf("hostname = \"filter.example.net\"\ndata_dir = %q\n[policy]\nlisten = [%q, %q]\n[http]\nlisten = \"\"\n%s", dir, policy, "unix:"+socket, settings)
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
	return &program{policy, socket, cmd.Process.Pid}
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

// start starts a process, waits until it listens, and sees to its end.
func start(b *testing.B, cmd *exec.Cmd, addr string) {
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			b.Fatalf("%s does not listen on %s: %v", cmd.Path, addr, err)
		}
	}
}

// freeAddr returns a loopback address that nobody listens on.
func freeAddr(b *testing.B) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}
