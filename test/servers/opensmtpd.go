package servers

import (
	"fmt"
	"net"
	"strings"
	"testing"
)

// StartOpenSMTPD starts an OpenSMTPD whose recipients are local users.
func StartOpenSMTPD(t testing.TB) *Server {
	t.Helper()
	return startOpenSMTPD(t, "OpenSMTPD, local users", "opensmtpd.test", `action "deliver" maildir`, ValidUsers())
}

// StartOpenSMTPDVirtual starts an OpenSMTPD whose recipients are in a virtual table. It has other words for the
// unknown ones.
func StartOpenSMTPDVirtual(t testing.TB) *Server {
	t.Helper()
	return startOpenSMTPD(t, "OpenSMTPD, virtual table", "virtual.test", `table recipients file:/etc/recipients
action "deliver" maildir virtual <recipients>`, nil)
}

// startOpenSMTPD starts an OpenSMTPD with an action called deliver and local users.
func startOpenSMTPD(t testing.TB, name, domain, action string, users []string) *Server {
	t.Helper()
	addr := FreeAddr(t)
	_, port, _ := net.SplitHostPort(addr)
	r := newRoot(t, "opensmtpd", domain, []string{"opensmtpd", "opensmtpq", "vmail"}, users)
	r.mkdir(t, "var/spool/smtpd", "", 0o711)
	r.mkdir(t, "var/lib/opensmtpd/empty", "", 0o755)
	table := ""
	for _, user := range ValidUsers() {
		table += fmt.Sprintf("%s@%s vmail\n", user, domain)
	}
	r.write(t, "etc/recipients", table)
	r.write(t, "etc/smtpd.conf", strings.Join([]string{
		action,
		"listen on 127.0.0.1 port " + port + " hostname " + domain,
		`match from any for domain "` + domain + `" action "deliver"`,
	}, "\n")+"\n")
	p := StartProcess(t, r.command("/usr/sbin/smtpd", "-d"), addr)
	return &Server{
		Name:         name,
		Domain:       domain,
		Destinations: []string{addr},
		Valid:        ValidUser,
		Invalid:      InvalidUser,
		Log:          func() string { return p.Output(t) },
	}
}
