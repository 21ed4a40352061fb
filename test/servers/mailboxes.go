package servers

import (
	"fmt"
	"strings"
	"testing"
)

const mailboxesMain = `myhostname = %[1]s
mydestination =
virtual_mailbox_domains = %[1]s
virtual_mailbox_base = $home/mail
virtual_mailbox_maps = lmdb:$home/conf/mailboxes
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
`

// StartMailboxes starts a Postfix that has the given users of one domain, and returns it and the address of its
// SMTP server. What it does not say in main, further lines of main.cf, is as Postfix ships it.
func StartMailboxes(t testing.TB, domain string, users []string, main string) (p *Postfix, addr string) {
	t.Helper()
	addr = FreeAddr(t)
	return startMailboxes(t, domain, users, main, addr+" inet n - n - - smtpd\n"), addr
}

// startMailboxes is StartMailboxes with the lines of master.cf that listen.
func startMailboxes(t testing.TB, domain string, users []string, main, master string) *Postfix {
	t.Helper()
	p := NewPostfix(t, fmt.Sprintf(mailboxesMain, domain)+main, master)
	lines := make([]string, len(users))
	for i, user := range users {
		lines[i] = fmt.Sprintf("%s@%s x", user, domain)
	}
	p.Postmap(t, "mailboxes", lines)
	p.Start(t)
	return p
}

// server returns a Postfix of startMailboxes as a Server at a destination. Its name is "Postfix, " and how it
// differs from the stock one.
func (p *Postfix) server(t testing.TB, differs, domain, destination string) *Server {
	return &Server{
		Name:         "Postfix, " + differs,
		Domain:       domain,
		Destinations: []string{destination},
		Valid:        ValidUser,
		Invalid:      InvalidUser,
		Log:          func() string { return p.Log(t) },
	}
}

// rcpts counts the RCPT commands of the connections that have ended, as the log of the smtpd has them.
func (p *Postfix) rcpts(t testing.TB) int {
	n := 0
	for line := range strings.Lines(p.Log(t)) {
		if _, text, ok := strings.Cut(line, ": disconnect from "); ok {
			s := Session{}
			s.add("disconnect from " + text)
			n += s.Commands["rcpt"]
		}
	}
	return n
}
