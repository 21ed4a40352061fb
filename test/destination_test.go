package test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// destination is a Postfix that holds the mailboxes of some domains. One port is for callouts and one for
// deliveries, so that its log, by syslog_name, tells one from the other; they differ in nothing else, but that
// each RCPT of the former is logged with its sender.
type destination struct {
	*postfix
	callouts   string // host:port that callouts go to
	deliveries string // host:port that the front delivers to
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

// startDestination starts a destination for domains with mailboxes. The addresses are written as RFC 5321 writes
// them, quoted where they need it; postmap reads that form too.
func startDestination(t *testing.T, domains []string, mailboxes ...string) *destination {
	t.Helper()
	d := &destination{callouts: freeAddr(t), deliveries: freeAddr(t)}
	tool(t, "postfix")
	uid, gid := ids(t, "nobody")
	d.postfix = newPostfix(t,
		fmt.Sprintf(destinationMain, strings.Join(domains, " "), uid, gid),
		fmt.Sprintf(destinationMaster, d.callouts, d.deliveries))
	mail := filepath.Join(d.dir, "mail")
	if err := os.Mkdir(mail, 0o755); err != nil {
		t.Fatal(err)
	}
	chown(t, mail, "nobody")
	d.add(t, mailboxes...)
	d.start(t)
	return d
}

// add creates mailboxes, before the start or while the server runs.
func (d *destination) add(t *testing.T, mailboxes ...string) {
	t.Helper()
	d.mailboxes = append(d.mailboxes, mailboxes...)
	lines := make([]string, 0, len(d.mailboxes))
	for i, m := range d.mailboxes {
		lines = append(lines, fmt.Sprintf("%s %d/", m, i)) // a path that ends in a slash is a Maildir
	}
	d.postmap(t, "mailboxes", lines)
}

// mail returns the messages that have been delivered to a mailbox.
func (d *destination) mail(t *testing.T, mailbox string) []string {
	t.Helper()
	i := slices.Index(d.mailboxes, mailbox)
	if i < 0 {
		t.Fatalf("no mailbox %s at the destination", mailbox)
	}
	return messages(t, filepath.Join(d.dir, "mail", fmt.Sprint(i), "new"))
}

// allMail returns the messages in all mailboxes.
func (d *destination) allMail(t *testing.T) []string {
	t.Helper()
	return messages(t, filepath.Join(d.dir, "mail/*/new"))
}

func messages(t *testing.T, folder string) []string {
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
