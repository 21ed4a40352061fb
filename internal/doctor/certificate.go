package doctor

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"strings"
	"time"

	"callout/internal/callout"
)

// soonExpired is how long before its end a certificate is worth a word.
const soonExpired = 14 * 24 * time.Hour

// checkEncryption looks at STARTTLS and the certificate. What a domain's tls mode needs and is not there is to be
// mended; the rest is worth knowing. It reports whether the domain's addresses may be asked: where it requires encryption
// none is ever sent in clear text.
func (e *exam) checkEncryption() bool {
	_, offered := e.link.Extensions["STARTTLS"]
	mode := e.c.Settings.TLS
	switch {
	case e.link.TLS:
		e.checkVersion()
		e.checkCertificate()
	case mode == callout.TLSOff && offered:
		e.h.note(Encryption, "It offers STARTTLS, which is not used.", `The domain has tls = "off": addresses are asked in clear text.`, `Leave tls out, or set it to "require".`)
	case mode == callout.TLSOff:
		e.h.good(Encryption, "It does not offer STARTTLS, and tls is off.")
	case offered:
		e.weak(Encryption, "It offers STARTTLS, and the handshake fails: "+e.whyPlain()+".", "Sessions go on in clear text.",
			"Mend TLS there: its certificate and key must belong together, and its log says more.")
	default:
		e.weak(Encryption, "It does not offer STARTTLS.", "Addresses are asked in clear text, and whoever sits in between can change the answers.",
			"Switch STARTTLS on there, with a certificate.")
	}
	return e.link.TLS || !e.required()
}

func (e *exam) required() bool {
	return e.c.Settings.TLS == callout.TLSRequire || e.c.Settings.TLS == callout.TLSVerify
}

// weak adds a finding that is to be mended where the domain requires encryption.
func (e *exam) weak(c Check, seen, means, change string) {
	if e.required() {
		e.h.mend(c, seen, fmt.Sprintf(`With tls = "%s" nobody can be asked there.`, e.c.Settings.TLS), change+` Or set tls = "opportunistic".`)
		return
	}
	e.h.note(c, seen, means, change)
}

// whyPlain says why a session that could be encrypted is not, as was learned by opening it.
func (e *exam) whyPlain() string {
	for _, h := range e.pools.Status() {
		for _, l := range h.Learned {
			if l.Limit == callout.NoTLS && l.Reply != "" {
				return l.Reply
			}
		}
	}
	return "it refuses the command"
}

// checkVersion says which TLS it is. The modes that require encryption take no old one.
func (e *exam) checkVersion() {
	state := e.state()
	seen := "The session is encrypted: " + tls.VersionName(state.Version) + "."
	if state.Version >= tls.VersionTLS12 {
		e.h.good(Encryption, seen)
		return
	}
	e.weak(Encryption, seen, `This version is broken, and tls = "require" and "verify" would not take it.`, "Switch TLS 1.2 or later on there.")
}

func (e *exam) state() tls.ConnectionState {
	return e.link.Conn.(*tls.Conn).ConnectionState()
}

// checkCertificate says whether tls = "verify" would work.
func (e *exam) checkCertificate() {
	certs := e.state().PeerCertificates
	if len(certs) == 0 {
		return
	}
	name := e.t.host.Name
	wrong, change := e.wrongWith(certs, name)
	if wrong == "" {
		cert := certs[0]
		seen := fmt.Sprintf("Its certificate is good for %s until %s; tls = \"verify\" works.", name, cert.NotAfter.Format(time.DateOnly))
		if time.Until(cert.NotAfter) < soonExpired {
			e.h.note(Certificate, seen, "It ends soon.", "Renew it.")
			return
		}
		e.h.good(Certificate, seen)
		return
	}
	if e.c.Settings.TLS == callout.TLSVerify {
		e.h.mend(Certificate, wrong, `With tls = "verify" nobody can be asked there.`, change+` Or set tls = "require", which looks at no certificate.`)
		return
	}
	e.h.note(Certificate, wrong, fmt.Sprintf(`The session is encrypted all the same, since the domain has tls = "%s"; with "verify" nobody could be asked there.`, e.c.Settings.TLS), change)
}

// wrongWith says what is wrong with a certificate, "" for nothing, and what to change.
func (e *exam) wrongWith(certs []*x509.Certificate, name string) (wrong, change string) {
	cert, now := certs[0], time.Now()
	switch {
	case now.After(cert.NotAfter):
		return "Its certificate expired on " + cert.NotAfter.Format(time.DateOnly) + ".", "Renew it there."
	case now.Before(cert.NotBefore):
		return "Its certificate is valid only from " + cert.NotBefore.Format(time.DateOnly) + " on.", "See that the clocks are right, there and here."
	case bytes.Equal(cert.RawSubject, cert.RawIssuer):
		return "Its certificate is self-signed.", "Give it one of an authority that this machine trusts, or put this one among those it trusts (SSL_CERT_FILE)."
	case cert.VerifyHostname(name) != nil:
		return "Its certificate is for " + namesOf(cert) + ", not for " + name + ".",
			"Name the host in destinations as the certificate does, or give it a certificate for " + name + "."
	}
	between := x509.NewCertPool()
	for _, c := range certs[1:] {
		between.AddCert(c)
	}
	if _, err := cert.Verify(x509.VerifyOptions{Roots: e.o.Roots, Intermediates: between}); err != nil {
		return "Its certificate is not to be trusted: " + strings.TrimPrefix(err.Error(), "x509: ") + ".",
			"Let it send the whole chain, or put its authority among those that this machine trusts (SSL_CERT_FILE)."
	}
	return "", ""
}

// namesOf lists what a certificate is for; the first few are enough.
func namesOf(c *x509.Certificate) string {
	const most = 5
	names := c.DNSNames
	for _, ip := range c.IPAddresses {
		names = append(names[:len(names):len(names)], net.IP(ip).String())
	}
	switch {
	case len(names) == 0:
		return "no name at all"
	case len(names) > most:
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}
