package servers

import (
	"fmt"
	"net"
	"testing"
)

// A message goes on as it came: no line is broken, no field is added but Received. What is put off is tried again
// every second.
const postfixSenderMain = `myhostname = relay.test
mydestination =
relay_domains = %s
relay_recipient_maps =
relayhost = [%s]:%s
message_size_limit = 0
header_size_limit = 1000000
smtp_line_length_limit = 0
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
local_header_rewrite_clients =
`

// StartPostfixSender starts a Postfix that takes mail for a domain and sends it on to next, host:port. It returns
// the address of its SMTP server.
func StartPostfixSender(t testing.TB, domain, next string) (p *Postfix, addr string) {
	t.Helper()
	addr = FreeAddr(t)
	host, port, _ := net.SplitHostPort(next)
	p = NewPostfix(t, fmt.Sprintf(postfixSenderMain, domain, host, port), addr+" inet n - n - - smtpd\n")
	p.Start(t)
	return p, addr
}

// Exim sends by BDAT to whoever announces CHUNKING.
const eximSenderConfig = `primary_hostname = relay.test
local_interfaces = 127.0.0.1
daemon_smtp_ports = %s
tls_advertise_hosts =
acl_smtp_rcpt = acl_check_rcpt
message_size_limit = 0
smtp_accept_queue_per_connection = 0

begin acl

acl_check_rcpt:
  accept domains = %s

begin routers

smarthost:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = smarthost

begin transports

smarthost:
  driver = smtp
  port = %s
  allow_localhost
  message_linelength_limit = 1000000
`

// StartEximSender starts an Exim that takes mail for a domain and sends it on to next, 127.0.0.1:port. It returns
// the address of its SMTP server, and what gives its log.
func StartEximSender(t testing.TB, domain, next string) (addr string, log func() string) {
	t.Helper()
	addr = FreeAddr(t)
	_, port, _ := net.SplitHostPort(addr)
	_, nextPort, _ := net.SplitHostPort(next)
	_, log = startEximWith(t, fmt.Sprintf(eximSenderConfig, port, domain, nextPort), addr)
	return addr, log
}
