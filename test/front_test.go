package test

import (
	"fmt"
	"strings"
	"testing"

	"callout/test/servers"
)

// front is a Postfix as an operator runs one before Callout: it asks by check_policy_service at RCPT and relays
// what it accepts to the destination.
type front struct {
	*servers.Postfix
	addr string // host:port of its SMTP server
}

const frontMain = `myhostname = front.test
mydestination = $myhostname
relay_domains = %s
relay_recipient_maps =
relayhost = %s
smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service %s
`

// startFront starts a front that relays domains to the destination and asks the given policy service, written as
// Postfix does, inet:HOST:PORT or unix:PATH.
func startFront(t *testing.T, d *destination, policy string, domains ...string) *front {
	t.Helper()
	host, port, _ := strings.Cut(d.Deliveries, ":")
	next := fmt.Sprintf("[%s]:%s", host, port)
	f := &front{addr: freeAddr(t)}
	f.Postfix = servers.NewPostfix(t,
		fmt.Sprintf(frontMain, strings.Join(domains, " "), next, policy),
		fmt.Sprintf("%s inet n - n - - smtpd\n", f.addr))
	f.Start(t)
	return f
}
