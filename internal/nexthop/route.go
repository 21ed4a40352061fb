package nexthop

import (
	"crypto/tls"
	"net/netip"

	"callout/internal/callout"
	"callout/internal/smtpwire"
)

// Client is who hands the message in, for XCLIENT. What is zero is not known.
type Client struct {
	Address netip.Addr
	Port    uint16
	Helo    string
	ESMTP   bool
}

// Route is where a transaction goes. XCLIENT says that the hop is told who the client is, where it offers that.
type Route struct {
	Destination callout.Destination
	Settings    *callout.Settings
	XCLIENT     bool
}

// Envelope is what MAIL says.
type Envelope struct {
	Client Client
	Sender string // between the brackets; "" for the null reverse-path
	Params smtpwire.MailParams
}

// Recipient is what RCPT says.
type Recipient struct {
	Path   string // between the brackets
	Params smtpwire.RcptParams
}

// key is what transactions must have in common to go in one session. It is comparable.
type key struct {
	destination string
	hostname    string
	pipelining  bool
	xclient     bool
	tls         callout.TLSMode
	cert        *tls.Certificate
	source      [2]netip.Addr // one per family at most
}

func (r *Route) key() key {
	s := r.Settings
	k := key{
		destination: r.Destination.String(), hostname: s.Hostname, pipelining: s.Pipelining, xclient: r.XCLIENT,
		tls: s.TLS, cert: s.ClientCert,
	}
	copy(k.source[:], s.Source)
	return k
}
