package test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// server is a "callout serve" with its configuration file and data folder, which outlive its process.
type server struct {
	dir    string
	config string   // path of the configuration file
	policy string   // host:port of the policy listener
	socket string   // path of the policy listener on a unix socket
	http   string   // host:port of the HTTP listener
	env    []string // added to the environment, as KEY=value
	log    *output
	cmd    *exec.Cmd
	ended  chan struct{} // closed when the process has ended
}

// newServer writes a configuration file that ends with the given tables. It does not start the server.
func newServer(t *testing.T, tables string) *server {
	t.Helper()
	dir := folder(t)
	s := &server{
		dir:    dir,
		config: filepath.Join(dir, "callout.toml"),
		policy: freeAddr(t),
		socket: filepath.Join(dir, "policy.sock"),
		http:   freeAddr(t),
		log:    &output{},
	}
	s.configure(t, tables)
	t.Cleanup(func() {
		if s.cmd != nil {
			s.terminate(t)
		}
		if t.Failed() {
			t.Logf("the end of the server's log:\n%s", s.log.tail(80))
		}
	})
	return s
}

// configure writes the configuration file anew.
func (s *server) configure(t *testing.T, tables string) {
	t.Helper()
	write(t, s.config, fmt.Sprintf(`hostname = "callout.test"
data_dir = %q
[policy]
listen = [%q, "unix:%s?mode=0666"]
[http]
listen = %q
`, filepath.Join(s.dir, "data"), s.policy, s.socket, s.http)+tables)
}

// startServer starts a server whose configuration file ends with the given tables, and stops it after the test.
func startServer(t *testing.T, tables string) *server {
	t.Helper()
	s := newServer(t, tables)
	s.start(t)
	return s
}

// start starts the process and waits until it is ready.
func (s *server) start(t *testing.T) {
	t.Helper()
	s.cmd = exec.Command(program, "serve", "-c", s.config)
	s.cmd.Env = append(os.Environ(), s.env...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	cmd, ended := s.cmd, make(chan struct{})
	s.ended = ended
	go func() {
		cmd.Wait()
		close(ended)
	}()
	eventually(t, 20*time.Second, "callout serve is ready", func() bool {
		select {
		case <-ended:
			t.Fatalf("callout serve ended: %v\n%s", cmd.ProcessState, s.log.tail(20))
		default:
		}
		status, _ := s.get("/readyz")
		return status == http.StatusOK
	})
}

// terminate sends SIGTERM; the server must exit 0 within 10 s.
func (s *server) terminate(t *testing.T) {
	t.Helper()
	s.signal(t, syscall.SIGTERM)
	s.awaitEnd(t)
}

// awaitEnd waits for the exit that a SIGTERM asked for.
func (s *server) awaitEnd(t *testing.T) {
	t.Helper()
	cmd := s.cmd
	s.cmd = nil
	select {
	case <-s.ended:
		if code := cmd.ProcessState.ExitCode(); code != 0 {
			t.Errorf("callout serve: exit %d after SIGTERM, want 0", code)
		}
	case <-time.After(10 * time.Second):
		t.Error("callout serve is still there 10 s after SIGTERM")
		cmd.Process.Kill()
		<-s.ended
	}
}

// kill ends the process as kill -9 does.
func (s *server) kill(t *testing.T) {
	t.Helper()
	s.signal(t, syscall.SIGKILL)
	<-s.ended
	s.cmd = nil
}

func (s *server) signal(t *testing.T, sig os.Signal) {
	t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		t.Errorf("send %v to callout serve: %v", sig, err)
	}
}

// get fetches a path from the HTTP listener; status is 0 where nobody answers.
func (s *server) get(path string) (status int, body string) {
	client := http.Client{Timeout: 5 * time.Second}
	defer client.CloseIdleConnections()
	resp, err := client.Get("http://" + s.http + path)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	b.ReadFrom(resp.Body)
	return resp.StatusCode, b.String()
}

// domain is a [[domain]] of a configuration file.
func domain(name, destination string) string {
	return fmt.Sprintf("[[domain]]\nname = %q\ndestinations = [%q]\n", name, destination)
}

// output keeps what a process prints.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write appends what was printed.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

// String returns all that was printed.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// tail returns the last n lines.
func (o *output) tail(n int) string {
	lines := strings.Split(strings.TrimSuffix(o.String(), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
