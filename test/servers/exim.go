package servers

import (
	"fmt"
	"net"
	"testing"
)

// eximConfig has no limit of its own: all are those Exim ships with. The ACL is what operators write who take one
// recipient only for the null sender, since a bounce has no more.
const eximConfig = `primary_hostname = exim.test
local_interfaces = 127.0.0.1
daemon_smtp_ports = %s
tls_advertise_hosts =
domainlist local_domains = exim.test
acl_smtp_rcpt = acl_check_rcpt

begin acl

acl_check_rcpt:
  deny    senders   = :
          condition = ${if >{$rcpt_count}{1}}
          message   = only one recipient accepted for NULL sender
  require message   = relay not permitted
          domains   = +local_domains
  require verify    = recipient
  accept

begin routers

mailboxes:
  driver = accept
  domains = +local_domains
  local_parts = lsearch;/etc/exim4/recipients
  transport = mailboxes

begin transports

mailboxes:
  driver = appendfile
  file = /var/mail/$local_part
`

// StartExim starts an Exim that refuses the second recipient of a bounce.
func StartExim(t testing.TB) *Server {
	t.Helper()
	addr := FreeAddr(t)
	_, port, _ := net.SplitHostPort(addr)
	_, log := startEximWith(t, fmt.Sprintf(eximConfig, port), addr)
	return &Server{
		Name:         "Exim, one recipient for bounces",
		Domain:       "exim.test",
		Destinations: []string{addr},
		Valid:        ValidUser,
		Invalid:      InvalidUser,
		Log:          log,
	}
}
