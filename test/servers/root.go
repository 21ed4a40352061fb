package servers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// defaultCache is where test/servers/install-roots unpacks servers unless CALLOUT_TEST_CACHE names another folder.
const defaultCache = "/var/cache/callout-test"

// The users that a server runs as have numbers that no package gives out. Recipients that are local users have
// those from firstRecipient on.
const (
	firstServerUser = 64901
	firstRecipient  = 65001
)

// root is what one server sees as the whole file system: the packages that test/servers/install-roots has unpacked, users
// and host names of its own, and a configuration. So servers whose packages conflict, and which have their paths
// and users built in, run side by side, and leave the machine as it was.
type root struct {
	dir string
}

// newRoot makes a root for one run of a server, whose packages are in the folder called name of the cache. The
// server's own users come behind root, mail and nobody; then recipients that are local users. hostname is the
// name of 127.0.0.1. The root is removed after the test.
func newRoot(t testing.TB, name, hostname string, users, recipients []string) *root {
	t.Helper()
	NeedRoot(t, name)
	cache := os.Getenv("CALLOUT_TEST_CACHE") // an absolute path
	if cache == "" {
		cache = defaultCache
	}
	packages := filepath.Join(cache, name)
	if _, err := os.Stat(packages); err != nil {
		t.Fatalf("%s is not there: run test/servers/install-roots as root", packages)
	}
	running := filepath.Join(cache, "running")
	if err := os.MkdirAll(running, 0o755); err != nil {
		t.Fatal(err)
	}
	running, err := filepath.EvalSymlinks(running) // as /proc will have it
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(running, name+"-")
	if err != nil {
		t.Fatal(err)
	}
	r := &root{dir: dir}
	t.Cleanup(func() { r.remove(t) })
	if err := os.Chmod(dir, 0o755); err != nil { // servers give up root
		t.Fatal(err)
	}
	// Hard links: a copy would take seconds. Nothing writes into a file that came with a package; write removes
	// it first.
	Run(t, "cp", "-al", packages+"/.", dir)
	r.fill(t, hostname, users, recipients)
	return r
}

// fill adds what packages make when they are installed, and what a machine has.
func (r *root) fill(t testing.TB, hostname string, users, recipients []string) {
	t.Helper()
	passwd := "root:x:0:0:root:/root:/bin/sh\nmail:x:8:8:mail:/var/mail:/bin/false\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n"
	group := "root:x:0:\nmail:x:8:\nnogroup:x:65534:\n"
	for i, user := range users {
		passwd += fmt.Sprintf("%s:x:%d:%[2]d::/nonexistent:/bin/false\n", user, firstServerUser+i)
		group += fmt.Sprintf("%s:x:%d:\n", user, firstServerUser+i)
	}
	for i, recipient := range recipients {
		passwd += fmt.Sprintf("%s:x:%d:65534::/home/%s:/bin/false\n", recipient, firstRecipient+i, recipient)
	}
	r.write(t, "etc/passwd", passwd)
	r.write(t, "etc/group", group)
	// Its own name has a dot, or Sendmail waits a minute for it to get one.
	hosts := "127.0.0.1 " + hostname + " localhost"
	if own, err := os.Hostname(); err == nil {
		hosts += " " + own
	}
	r.write(t, "etc/hosts", hosts+"\n")
	r.write(t, "etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")
	r.mkdir(t, "tmp", "", 0o1777)
	r.mkdir(t, "run", "", 0o755)
	os.RemoveAll(r.path("var/run")) // some packages have it as a folder
	if err := os.Symlink("/run", r.path("var/run")); err != nil {
		t.Fatal(err)
	}
	r.mkdir(t, "dev", "", 0o755)
	const nullDevice = 1<<8 | 3
	if err := syscall.Mknod(r.path("dev/null"), syscall.S_IFCHR|0o666, nullDevice); err != nil {
		t.Fatalf("make the device dev/null in %s: %v", r.dir, err)
	}
	if err := os.Chmod(r.path("dev/null"), 0o666); err != nil {
		t.Fatal(err)
	}
}

// path returns the path outside of what the server knows by a path, which has no slash in front.
func (r *root) path(inside string) string { return filepath.Join(r.dir, inside) }

// write writes a file that everybody may read, in place of the one that was there.
func (r *root) write(t testing.TB, inside, content string) {
	t.Helper()
	path := r.path(inside)
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	Write(t, path, content)
}

// mkdir makes a folder, and those above it, with a mode, and gives it to one of the root's users, "" for root.
func (r *root) mkdir(t testing.TB, inside, owner string, mode uint32) {
	t.Helper()
	path := r.path(inside)
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	uid := 0
	for line := range strings.Lines(Read(t, r.path("etc/passwd"))) {
		if fields := strings.Split(line, ":"); owner != "" && fields[0] == owner {
			uid, _ = strconv.Atoi(fields[2])
		}
	}
	if owner != "" && uid == 0 {
		t.Fatalf("no user %s in %s", owner, r.dir)
	}
	if err := os.Chown(path, uid, uid); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// command returns a program of the root, with its full path, to be run within it.
func (r *root) command(program string, args ...string) *exec.Cmd {
	return &exec.Cmd{
		Path:        program,
		Args:        append([]string{program}, args...),
		Dir:         "/",
		Env:         []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
		SysProcAttr: &syscall.SysProcAttr{Chroot: r.dir},
	}
}

// run runs a program of the root that must succeed, and returns what it printed on standard output.
func (r *root) run(t testing.TB, program string, args ...string) string {
	t.Helper()
	cmd := r.command(program, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// remove removes the root once nothing runs in it: a server's main process leaves before its children.
func (r *root) remove(t testing.TB) {
	start := time.Now()
	for pids := r.processes(); len(pids) > 0; pids = r.processes() {
		if time.Since(start) > 15*time.Second {
			t.Errorf("processes %v still run in %s", pids, r.dir)
			return
		}
		if time.Since(start) > 5*time.Second {
			for _, pid := range pids {
				syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err := os.RemoveAll(r.dir); err != nil {
		t.Errorf("remove %s: %v", r.dir, err)
	}
}

// processes returns the processes that run in the root, those that have ended and were not waited for left out.
func (r *root) processes() []int {
	links, _ := filepath.Glob("/proc/[0-9]*/root")
	var pids []int
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && target == r.dir {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(link)))
			pids = append(pids, pid)
		}
	}
	return pids
}
