package test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// tool returns the path of an installed program. The tests of this package never skip.
func tool(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	path := filepath.Join("/usr/sbin", name) // not in everybody's PATH
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is not installed: run test/install-packages as root", name)
	}
	return path
}

// run runs a command that must succeed.
func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if err := tryRun(t, name, args...); err != nil {
		t.Fatal(err)
	}
}

func tryRun(t *testing.T, name string, args ...string) error {
	t.Helper()
	out, err := exec.Command(tool(t, name), args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// folder returns a new folder that is removed after the test. Its path is short, since a unix socket's must be
// under 108 octets, and everybody may pass through it, since mail servers give up root.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "callout-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove %s: %v", dir, err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// write writes a file that everybody may read.
func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// handedOut holds the ports that freeAddr has returned, so that two tests never get the same.
var handedOut sync.Map

// freeAddr returns an address on 127.0.0.1 where nobody listens. The port lies below those that the kernel gives
// to outgoing connections, so that none of them takes it before its server starts.
func freeAddr(t *testing.T) string {
	t.Helper()
	for range 1000 {
		port := 20000 + rand.IntN(12000)
		if _, taken := handedOut.LoadOrStore(port, true); taken {
			continue
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		l.Close()
		return l.Addr().String()
	}
	t.Fatal("no free port between 20000 and 32000")
	return ""
}

// eventually waits until something in the real world has come about, and fails the test when it has not in time.
func eventually(t *testing.T, within time.Duration, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}

// listening reports whether somebody accepts connections at an address.
func listening(network, addr string) bool {
	c, err := net.DialTimeout(network, addr, time.Second)
	if err != nil {
		return false
	}
	c.Close()
	return true
}
