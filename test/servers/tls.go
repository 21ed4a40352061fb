package servers

import (
	"fmt"
	"net"
	"testing"
)

var loopback = []net.IP{net.IPv4(127, 0, 0, 1)}

const tlsMain = `smtpd_tls_security_level = may
smtpd_tls_cert_file = %s
smtpd_tls_key_file = %s
smtpd_tls_session_cache_database = lmdb:$data_directory/tls_sessions
`

// startTLS starts a Postfix that offers STARTTLS with a certificate.
func (a *Authority) startTLS(t testing.TB, differs, domain string, c certificate, main string) *Server {
	t.Helper()
	cert, key := a.issue(t, c)
	return startSTARTTLS(t, differs, domain, cert, key, main)
}

func startSTARTTLS(t testing.TB, differs, domain, cert, key, main string) *Server {
	t.Helper()
	p, addr := StartMailboxes(t, domain, ValidUsers(), fmt.Sprintf(tlsMain, cert, key)+main)
	s := p.server(t, differs, domain, addr)
	s.RCPTs = func() int { return p.rcpts(t) }
	return s
}

// StartVerified starts a Postfix with a good certificate; a domain that verifies certificates is to ask it.
func (a *Authority) StartVerified(t testing.TB) *Server {
	t.Helper()
	s := a.startTLS(t, "STARTTLS, `tls = \"verify\"`", "verified.test",
		certificate{name: "verified", ips: loopback, days: 1}, "")
	s.Settings = "tls = \"verify\"\n"
	return s
}

// StartExpired starts a Postfix with a certificate that has expired a month ago; a domain with the given tls mode
// is to ask it.
func (a *Authority) StartExpired(t testing.TB, mode string) *Server {
	t.Helper()
	s := a.startTLS(t, fmt.Sprintf("STARTTLS, expired certificate, `tls = %q`", mode), "expired-"+mode+".test",
		certificate{name: "expired-" + mode, ips: loopback, days: -30}, "")
	s.Settings = fmt.Sprintf("tls = %q\n", mode)
	return s
}

// StartMisnamed starts a Postfix with a certificate for another host; a domain with the given tls mode is to ask
// it.
func (a *Authority) StartMisnamed(t testing.TB, mode string) *Server {
	t.Helper()
	s := a.startTLS(t, fmt.Sprintf("STARTTLS, wrong name, `tls = %q`", mode), "misnamed-"+mode+".test",
		certificate{name: "misnamed-" + mode, dns: []string{"other.test"}, days: 1}, "")
	s.Settings = fmt.Sprintf("tls = %q\n", mode)
	return s
}

// StartSMTPS starts a Postfix that encrypts from the start (RFC 8314 section 3.3).
func (a *Authority) StartSMTPS(t testing.TB) *Server {
	t.Helper()
	cert, key := a.issue(t, certificate{name: "smtps", ips: loopback, days: 1})
	addr := FreeAddr(t)
	p := startMailboxes(t, "smtps.test", ValidUsers(), fmt.Sprintf(tlsMain, cert, key),
		addr+" inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n")
	s := p.server(t, "smtps://", "smtps.test", "smtps://"+addr)
	s.RCPTs = func() int { return p.rcpts(t) }
	return s
}

// OpenSSL 3 has TLS 1.0 at its security level 0 alone.
const tls10Main = `smtpd_tls_protocols = TLSv1
smtpd_tls_mandatory_protocols = TLSv1
tls_medium_cipherlist = HIGH:MEDIUM:@STRENGTH:@SECLEVEL=0
`

// StartTLS10 starts a Postfix that has nothing newer than TLS 1.0.
func (a *Authority) StartTLS10(t testing.TB) *Server {
	t.Helper()
	return a.startTLS(t, "STARTTLS, TLS 1.0 only", "tls10.test",
		certificate{name: "tls10", ips: loopback, days: 1}, tls10Main)
}

// Go has none of the Camellia cipher suites.
const noCipherMain = `smtpd_tls_protocols = TLSv1.2
tls_medium_cipherlist = CAMELLIA128-SHA:CAMELLIA256-SHA
`

// StartNoCipher starts a Postfix that has no cipher suite in common with Callout: every handshake fails.
func (a *Authority) StartNoCipher(t testing.TB) *Server {
	t.Helper()
	return a.startTLS(t, "STARTTLS, the handshake always fails", "nocipher.test",
		certificate{name: "nocipher", ips: loopback, days: 1}, noCipherMain)
}

// StartWrongKey starts a Postfix whose key is not that of its certificate: it offers STARTTLS and answers it with
// 454.
func (a *Authority) StartWrongKey(t testing.TB) *Server {
	t.Helper()
	cert, _ := a.issue(t, certificate{name: "wrongkey", ips: loopback, days: 1})
	_, key := a.issue(t, certificate{name: "otherkey", ips: loopback, days: 1})
	return startSTARTTLS(t, "STARTTLS, the key is another certificate's", "wrongkey.test", cert, key, "")
}
