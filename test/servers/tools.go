package servers

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Tool returns the path of an installed program, and fails the test where there is none.
func Tool(t testing.TB, name string) string {
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

// Run runs a command that must succeed.
func Run(t testing.TB, name string, args ...string) {
	t.Helper()
	if err := TryRun(t, name, args...); err != nil {
		t.Fatal(err)
	}
}

// TryRun runs a command; the error has what it printed.
func TryRun(t testing.TB, name string, args ...string) error {
	t.Helper()
	out, err := exec.Command(Tool(t, name), args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// NeedRoot fails the test unless it runs as root.
func NeedRoot(t testing.TB, server string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatalf("%s starts only as root: run this as root", server)
	}
}

// Folder returns a new folder that is removed after the test. Its path is short, since a unix socket's must be
// under 108 octets, and everybody may pass through it, since mail servers give up root.
func Folder(t testing.TB) string {
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

// SubFolder makes a folder in a folder and gives it to a user, "" for whoever runs the test. It returns its path.
func SubFolder(t testing.TB, dir, name, owner string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if owner != "" {
		Chown(t, path, owner)
	}
	return path
}

// Write writes a file that everybody may read.
func Write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Read returns what a file holds, "" where there is none yet.
func Read(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}

// Chown gives a file to a user.
func Chown(t testing.TB, path, name string) {
	t.Helper()
	uid, gid := IDs(t, name)
	if err := os.Chown(path, uid, gid); err != nil {
		t.Fatal(err)
	}
}

// IDs returns the numbers of a user and its group.
func IDs(t testing.TB, name string) (uid, gid int) {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, uidErr := strconv.Atoi(u.Uid)
	gid, gidErr := strconv.Atoi(u.Gid)
	if uidErr != nil || gidErr != nil {
		t.Fatalf("user %s has no numbers: %s, %s", name, u.Uid, u.Gid)
	}
	return uid, gid
}

// handedOut holds the ports that FreeAddr has returned, so that two tests never get the same.
var handedOut sync.Map

// FreeAddr returns an address on 127.0.0.1 where nobody listens. The port lies below those that the kernel gives
// to outgoing connections, so that none of them takes it before its server starts.
func FreeAddr(t testing.TB) string {
	t.Helper()
	for range 1000 {
		port := 20000 + rand.IntN(12000)
		if _, taken := handedOut.LoadOrStore(port, true); taken {
			continue
		}
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		if isFree(addr) {
			return addr
		}
	}
	t.Fatal("no free port between 20000 and 32000")
	return ""
}

// isFree reports whether an address can be listened at, and leaves it so. No process may be started meanwhile: until it
// runs its own program it would have the listener too, and hold the address for a moment longer.
func isFree(addr string) bool {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return false
	}
	l.Close()
	return true
}

// Eventually waits until something in the real world has come about, and fails the test when it has not in time.
func Eventually(t testing.TB, within time.Duration, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}

// Listening reports whether somebody accepts connections at an address.
func Listening(network, addr string) bool {
	c, err := net.DialTimeout(network, addr, time.Second)
	if err != nil {
		return false
	}
	c.Close()
	return true
}
