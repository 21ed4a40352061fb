package servers

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// Postfix is one Postfix in a folder of its own.
type Postfix struct {
	Dir     string // has conf/, queue/, data/ and maillog
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

// NewPostfix writes an instance's configuration: main and master are added to what all instances share. It does
// not start it.
func NewPostfix(t testing.TB, main, master string) *Postfix {
	t.Helper()
	NeedRoot(t, "Postfix")
	Tool(t, "postfix") // says what to do where the user postfix is missing too
	p := &Postfix{Dir: Folder(t)}
	SubFolder(t, p.Dir, "conf", "")
	SubFolder(t, p.Dir, "queue", "")
	SubFolder(t, p.Dir, "data", "postfix")
	Write(t, filepath.Join(p.Dir, "conf/main.cf"), fmt.Sprintf(commonMain, p.Dir)+main)
	Write(t, filepath.Join(p.Dir, "conf/master.cf"), commonMaster+master)
	t.Cleanup(func() { p.Stop(t) })
	return p
}

// Start starts the instance; it accepts connections when start returns.
func (p *Postfix) Start(t testing.TB) {
	t.Helper()
	p.running = true
	if err := TryRun(t, "postfix", "-c", filepath.Join(p.Dir, "conf"), "start"); err != nil {
		t.Fatalf("%v\n%s", err, p.Log(t))
	}
}

// Stop stops the instance; its daemons are gone when it returns.
func (p *Postfix) Stop(t testing.TB) {
	t.Helper()
	if !p.running {
		return
	}
	p.running = false
	if err := TryRun(t, "postfix", "-c", filepath.Join(p.Dir, "conf"), "stop"); err != nil {
		t.Error(err)
	}
}

// Log returns what the instance has logged so far.
func (p *Postfix) Log(t testing.TB) string {
	t.Helper()
	return Read(t, filepath.Join(p.Dir, "maillog"))
}

// Postmap makes a lookup table of lines of key and value, and returns how main.cf names it.
func (p *Postfix) Postmap(t testing.TB, name string, lines []string) string {
	t.Helper()
	path := filepath.Join(p.Dir, "conf", name)
	Write(t, path, strings.Join(lines, "\n")+"\n")
	Run(t, "postmap", "-c", filepath.Join(p.Dir, "conf"), "lmdb:"+path)
	return "lmdb:" + path
}
