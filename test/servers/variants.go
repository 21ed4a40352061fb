package servers

import (
	"fmt"
	"os/exec"
	"testing"
)

// StartStock starts a Postfix as it is shipped.
func StartStock(t testing.TB) *Server {
	t.Helper()
	p, addr := StartMailboxes(t, "stock.test", ValidUsers(), "")
	return p.server(t, "stock settings", "stock.test", addr)
}

const strictMain = `smtpd_recipient_restrictions = reject_multi_recipient_bounce
smtpd_discard_ehlo_keywords = pipelining
smtpd_soft_error_limit = 4
smtpd_hard_error_limit = 5
smtpd_client_connection_count_limit = 3
`

// StartStrict starts a Postfix that takes one recipient for a bounce, has no PIPELINING, slows down at the 4th error
// and closes at the 5th, and serves 3 connections of a client at a time.
func StartStrict(t testing.TB) *Server {
	t.Helper()
	p, addr := StartMailboxes(t, "strict.test", ValidUsers(), strictMain)
	return p.server(t, "one recipient per bounce, no PIPELINING, 5 errors, 3 connections", "strict.test", addr)
}

// The tests before the greeting and after it, all of which postscreen(8) ships switched off.
const postscreenMain = `postscreen_greet_action = enforce
postscreen_pipelining_enable = yes
postscreen_non_smtp_command_enable = yes
postscreen_bare_newline_enable = yes
postscreen_cache_map = lmdb:$data_directory/postscreen_cache
`

const postscreenMaster = `%s inet n - n - 1 postscreen
smtpd pass - - n - - smtpd
dnsblog unix - - n - 0 dnsblog
tlsproxy unix - - n - 0 tlsproxy
`

// StartPostscreen starts a Postfix behind its postscreen, which keeps the greeting back for 6 s and answers 450 to
// every recipient of a client's first session.
func StartPostscreen(t testing.TB) *Server {
	t.Helper()
	addr := FreeAddr(t)
	p := startMailboxes(t, "postscreen.test", ValidUsers(), postscreenMain, fmt.Sprintf(postscreenMaster, addr))
	return p.server(t, "postscreen with its protocol tests", "postscreen.test", addr)
}

const postgreyMain = `smtpd_recipient_restrictions = reject_unauth_destination, reject_unlisted_recipient,
  check_policy_service inet:%s
`

// StartPostgrey starts a Postfix whose postgrey puts off each existing recipient for the first 6 s.
func StartPostgrey(t testing.TB) *Server {
	t.Helper()
	NeedRoot(t, "postgrey")
	policy := FreeAddr(t)
	StartProcess(t, exec.Command(Tool(t, "postgrey"), "--inet="+policy, "--delay=6", "--auto-whitelist-clients=0",
		"--whitelist-clients=/dev/null", "--whitelist-recipients=/dev/null",
		"--dbdir="+SubFolder(t, Folder(t), "db", "postgrey")), policy)
	p, addr := StartMailboxes(t, "postgrey.test", ValidUsers(), fmt.Sprintf(postgreyMain, policy))
	return p.server(t, "postgrey with 6 s", "postgrey.test", addr)
}

const backupMain = `myhostname = backup.test
mydestination =
relay_domains = %s
relay_recipient_maps =
`

// StartBackup starts a Postfix that is a backup MX of a domain as they often are: it knows no recipients and
// accepts them all. It returns the address of its SMTP server.
func StartBackup(t testing.TB, domain string) (p *Postfix, addr string) {
	t.Helper()
	addr = FreeAddr(t)
	p = NewPostfix(t, fmt.Sprintf(backupMain, domain), addr+" inet n - n - - smtpd\n")
	p.Start(t)
	return p, addr
}
