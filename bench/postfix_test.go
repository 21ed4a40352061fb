package bench

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const benchUsers = 100_000

// startPostfix starts a Postfix destination with 100,000 recipients of example.com and returns its address. Two
// limits are not the stock ones, since the other side of the comparison would run into them: in_flow_delay,
// with which any client with one RCPT per MAIL gets one answer a second and session, and the number of RSETs.
func startPostfix(b *testing.B) string {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatalf("the Postfix destination: %v; test/install-packages installs what it needs, and it runs as root", err)
		}
	}
	dir, err := os.MkdirTemp("/var/tmp", "callout-bench-") // maillog_file must lie under /var
	must(err)
	b.Cleanup(func() { os.RemoveAll(dir) })
	must(os.Chmod(dir, 0o755))
	addr := freeAddr(b)
	host, port, err := net.SplitHostPort(addr)
	must(err)
	for _, sub := range []string{"conf", "queue", "data"} {
		must(os.Mkdir(filepath.Join(dir, sub), 0o755))
	}
	owner, err := user.Lookup("postfix")
	must(err)
	uid, _ := strconv.Atoi(owner.Uid)
	gid, _ := strconv.Atoi(owner.Gid)
	must(os.Chown(filepath.Join(dir, "data"), uid, gid))
	conf := filepath.Join(dir, "conf")
	must(os.WriteFile(filepath.Join(conf, "main.cf"), fmt.Appendf(nil, benchMain, dir, conf), 0o644))
	must(os.WriteFile(filepath.Join(conf, "master.cf"), fmt.Appendf(nil, benchMaster, host, port), 0o644))
	var users strings.Builder
	for i := range benchUsers {
		fmt.Fprintf(&users, "user%d@example.com x\n", i)
	}
	must(os.WriteFile(filepath.Join(conf, "users"), []byte(users.String()), 0o644))
	run := func(name string, args ...string) {
		b.Helper()
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			b.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
	}
	run("postmap", "-c", conf, "lmdb:"+filepath.Join(conf, "users"))
	run("postfix", "-c", conf, "start")
	b.Cleanup(func() { run("postfix", "-c", conf, "stop") })
	return addr
}

const benchMain = `compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
maillog_file = %[1]s/maillog
maillog_file_prefixes = %[1]s
inet_interfaces = all
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
smtpd_relay_restrictions = reject_unauth_destination
virtual_mailbox_domains = example.com
virtual_mailbox_maps = lmdb:%[2]s/users
virtual_mailbox_base = %[1]s
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
in_flow_delay = 0
smtpd_junk_command_limit = 1000000
`

const benchMaster = `%s:%s inet n - n - 200 smtpd
cleanup   unix  n - n -    0 cleanup
qmgr      unix  n - n 300  1 qmgr
rewrite   unix  - - n -    - trivial-rewrite
bounce    unix  - - n -    0 bounce
defer     unix  - - n -    0 bounce
trace     unix  - - n -    0 bounce
proxymap  unix  - - n -    - proxymap
error     unix  - - n -    - error
retry     unix  - - n -    - error
virtual   unix  - n n -    - virtual
anvil     unix  - - n -    1 anvil
postlog   unix-dgram n - n - 1 postlogd
`
