package servers

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The clients of loopback are strangers whose header is left alone. A line that ends with LF alone is an end of line
// to this Postfix, and LF.LF an end of data: so every version did until 2023, and many do today.
const keeperMain = `myhostname = postfix.test
mydestination =
virtual_mailbox_domains = postfix.test
virtual_mailbox_base = $home/mail
virtual_mailbox_maps = lmdb:$home/conf/mailboxes
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_mailbox_limit = 0
message_size_limit = 0
header_size_limit = 1000000
local_header_rewrite_clients =
smtpd_forbid_bare_newline = no
`

// StartPostfixKeeper starts a Postfix that keeps what it is sent. main are further lines of main.cf. The Postfix is
// returned too, for those who want to kill it.
func StartPostfixKeeper(t testing.TB, main string) (*Keeper, *Postfix) {
	t.Helper()
	addr := FreeAddr(t)
	p := NewPostfix(t, keeperMain+main, addr+" inet n - n - - smtpd\n")
	SubFolder(t, p.Dir, "mail", "nobody")
	lines := make([]string, 0, Recipients/2)
	for _, user := range ValidUsers() {
		lines = append(lines, fmt.Sprintf("%s@postfix.test %[1]s/", user)) // a path that ends in a slash is a Maildir
	}
	p.Postmap(t, "mailboxes", lines)
	p.Start(t)
	return &Keeper{
		Name:        "Postfix",
		Domain:      "postfix.test",
		Host:        "postfix.test",
		Destination: addr,
		Addr:        addr,
		Log:         func() string { return p.Log(t) },
		mail:        filepath.Join(p.Dir, "mail"),
		pending:     p.queued,
	}, p
}

// queued counts the messages in the queue that were accepted: those of clients that are still at it lie in incoming
// too, without the permission that tells the queue manager to go ahead.
func (p *Postfix) queued() int {
	n := 0
	for _, queue := range []string{"incoming", "active", "deferred"} {
		filepath.WalkDir(filepath.Join(p.Dir, "queue", queue), func(_ string, entry os.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return nil
			}
			if info, err := entry.Info(); err == nil && info.Mode()&0o100 != 0 {
				n++
			}
			return nil
		})
	}
	return n
}

// Kill ends the instance, all its processes at once, as kill -9 does. Start starts it again.
func (p *Postfix) Kill(t testing.TB) {
	t.Helper()
	p.running = false
	pid, err := strconv.Atoi(strings.TrimSpace(Read(t, filepath.Join(p.Dir, "queue/pid/master.pid"))))
	if err != nil {
		t.Fatalf("the process of Postfix in %s: %v", p.Dir, err)
	}
	syscall.Kill(-pid, syscall.SIGKILL) // master leads a group of which all others are
	Eventually(t, 10*time.Second, "the processes of Postfix are gone", func() bool {
		return syscall.Kill(-pid, 0) == syscall.ESRCH
	})
}
