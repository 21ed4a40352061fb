package servers

import (
	"fmt"
	"net"
	"testing"
)

// dovecotConfig has no limit of its own: all are those Dovecot ships with.
const dovecotConfig = `protocols = lmtp
ssl = no
log_path = /var/log/dovecot.log
mail_location = maildir:/var/mail/%%n
auth_username_format = %%Lu
passdb {
  driver = passwd-file
  args = /etc/dovecot/recipients
}
userdb {
  driver = passwd-file
  args = /etc/dovecot/recipients
  default_fields = uid=vmail gid=vmail home=/var/mail/%%n
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = %s
  }
}
`

// StartDovecot starts a Dovecot that takes mail by LMTP for the recipients of a passwd-file.
func StartDovecot(t testing.TB) *Server {
	t.Helper()
	s, _ := startDovecot(t)
	return s
}

// startDovecot is StartDovecot that returns the root too. Users have Maildirs in var/mail.
func startDovecot(t testing.TB) (*Server, *root) {
	t.Helper()
	addr := FreeAddr(t)
	_, port, _ := net.SplitHostPort(addr)
	r := newRoot(t, "dovecot", "dovecot.test", []string{"dovecot", "dovenull", "vmail"}, nil)
	r.mkdir(t, "var/mail", "vmail", 0o700)
	r.mkdir(t, "var/log", "", 0o755)
	recipients := ""
	for _, user := range ValidUsers() {
		recipients += user + "@dovecot.test:::::::\n"
	}
	r.write(t, "etc/dovecot/recipients", recipients)
	r.write(t, "etc/dovecot/dovecot.conf", fmt.Sprintf(dovecotConfig, port))
	p := StartProcess(t, r.command("/usr/sbin/dovecot", "-F"), addr)
	return &Server{
		Name:         "Dovecot LMTP",
		Domain:       "dovecot.test",
		Destinations: []string{"lmtp://" + addr},
		Valid:        ValidUser,
		Invalid:      InvalidUser,
		Log:          func() string { return p.Output(t) + Read(t, r.path("var/log/dovecot.log")) },
	}, r
}
