package servers

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Destination is a Postfix that holds the mailboxes of some domains. One port is for callouts and one for
// deliveries, so that its log, by syslog_name, tells one from the other; they differ in nothing else, but that
// each RCPT of the former is logged with its sender.
type Destination struct {
	*Postfix
	Callouts   string // host:port that callouts go to
	Deliveries string // host:port that a front delivers to
	mailboxes  []string
}

const destinationMain = `myhostname = destination.test
mydestination =
virtual_mailbox_domains = %s
virtual_mailbox_base = $home/mail
virtual_mailbox_maps = lmdb:$home/conf/mailboxes
virtual_uid_maps = static:%d
virtual_gid_maps = static:%d
`

const destinationMaster = `%s inet n - n - - smtpd
  -o syslog_name=callouts
  -o { smtpd_recipient_restrictions = check_recipient_access static:{info asked} }
%s inet n - n - - smtpd
  -o syslog_name=deliveries
`

// StartDestination starts a destination for domains with mailboxes. The addresses are written as RFC 5321 writes
// them, quoted where they need it; postmap reads that form too.
func StartDestination(t testing.TB, domains []string, mailboxes ...string) *Destination {
	t.Helper()
	d := &Destination{Callouts: FreeAddr(t), Deliveries: FreeAddr(t)}
	Tool(t, "postfix")
	uid, gid := IDs(t, "nobody")
	d.Postfix = NewPostfix(t,
		fmt.Sprintf(destinationMain, strings.Join(domains, " "), uid, gid),
		fmt.Sprintf(destinationMaster, d.Callouts, d.Deliveries))
	SubFolder(t, d.Dir, "mail", "nobody")
	d.Add(t, mailboxes...)
	d.Start(t)
	return d
}

// Add creates mailboxes, before the start or while the server runs.
func (d *Destination) Add(t testing.TB, mailboxes ...string) {
	t.Helper()
	d.mailboxes = append(d.mailboxes, mailboxes...)
	lines := make([]string, 0, len(d.mailboxes))
	for i, m := range d.mailboxes {
		lines = append(lines, fmt.Sprintf("%s %d/", m, i)) // a path that ends in a slash is a Maildir
	}
	d.Postmap(t, "mailboxes", lines)
}

// Mail returns the messages that have been delivered to a mailbox.
func (d *Destination) Mail(t testing.TB, mailbox string) []string {
	t.Helper()
	i := slices.Index(d.mailboxes, mailbox)
	if i < 0 {
		t.Fatalf("no mailbox %s at the destination", mailbox)
	}
	return messages(t, filepath.Join(d.Dir, "mail", fmt.Sprint(i), "new"))
}

// AllMail returns the messages in all mailboxes.
func (d *Destination) AllMail(t testing.TB) []string {
	t.Helper()
	return messages(t, filepath.Join(d.Dir, "mail/*/new"))
}

func messages(t testing.TB, folder string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(b))
	}
	return all
}
