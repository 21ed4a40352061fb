package test

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// postfix is one Postfix in a folder of its own.
type postfix struct {
	dir     string
	running bool
}

// commonMain is what every instance has in its main.cf: where it lives, that it asks no DNS and that nobody is
// trusted. home is a parameter of our own.
const commonMain = `compatibility_level = 3.6
home = %s
queue_directory = $home/queue
data_directory = $home/data
maillog_file = $home/maillog
maillog_file_prefixes = $home
inet_interfaces = all
inet_protocols = ipv4
mynetworks = 192.0.2.1/32
alias_maps =
smtp_dns_support_level = disabled
smtp_host_lookup = native
`

// commonMaster is Debian's master.cf without the services that no test has a use for, and without chroot.
const commonMaster = `pickup    unix  n - n 60   1 pickup
cleanup   unix  n - n -    0 cleanup
qmgr      unix  n - n 300  1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n -    - trivial-rewrite
bounce    unix  - - n -    0 bounce
defer     unix  - - n -    0 bounce
trace     unix  - - n -    0 bounce
verify    unix  - - n -    1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n -    - proxymap
smtp      unix  - - n -    - smtp
relay     unix  - - n -    - smtp
showq     unix  n - n -    - showq
error     unix  - - n -    - error
retry     unix  - - n -    - error
discard   unix  - - n -    - discard
local     unix  - n n -    - local
virtual   unix  - n n -    - virtual
anvil     unix  - - n -    1 anvil
scache    unix  - - n -    1 scache
postlog   unix-dgram n - n - 1 postlogd
`

// newPostfix writes an instance's configuration: main and master are added to what all instances share. It does
// not start it.
func newPostfix(t *testing.T, main, master string) *postfix {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("Postfix starts only as root: run the tests as root")
	}
	p := &postfix{dir: folder(t)}
	for _, sub := range []string{"conf", "queue", "data"} {
		if err := os.Mkdir(filepath.Join(p.dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	tool(t, "postfix") // says what to do where the user postfix is missing too
	chown(t, filepath.Join(p.dir, "data"), "postfix")
	write(t, filepath.Join(p.dir, "conf/main.cf"), fmt.Sprintf(commonMain, p.dir)+main)
	write(t, filepath.Join(p.dir, "conf/master.cf"), commonMaster+master)
	t.Cleanup(func() { p.stop(t) })
	return p
}

// start starts the instance; it accepts connections when start returns.
func (p *postfix) start(t *testing.T) {
	t.Helper()
	p.running = true
	if err := tryRun(t, "postfix", "-c", filepath.Join(p.dir, "conf"), "start"); err != nil {
		t.Fatalf("%v\n%s", err, p.log(t))
	}
}

// stop stops the instance; its daemons are gone when it returns.
func (p *postfix) stop(t *testing.T) {
	t.Helper()
	if !p.running {
		return
	}
	p.running = false
	if err := tryRun(t, "postfix", "-c", filepath.Join(p.dir, "conf"), "stop"); err != nil {
		t.Error(err)
	}
}

// log returns what the instance has logged so far.
func (p *postfix) log(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(p.dir, "maillog"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}

// postmap makes a lookup table of lines of key and value, and returns how main.cf names it.
func (p *postfix) postmap(t *testing.T, name string, lines []string) string {
	t.Helper()
	path := filepath.Join(p.dir, "conf", name)
	write(t, path, strings.Join(lines, "\n")+"\n")
	run(t, "postmap", "-c", filepath.Join(p.dir, "conf"), "lmdb:"+path)
	return "lmdb:" + path
}

// chown gives a file to a user.
func chown(t *testing.T, path, name string) {
	t.Helper()
	uid, gid := ids(t, name)
	if err := os.Chown(path, uid, gid); err != nil {
		t.Fatal(err)
	}
}

func ids(t *testing.T, name string) (uid, gid int) {
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
