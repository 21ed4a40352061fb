package gateway

import (
	"crypto/tls"
	"log/slog"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callout/internal/domains"
	"callout/internal/nexthop"
	"callout/internal/smtpwire"
	"callout/internal/verify"
)

// Settings say what a Server lets clients do. Every field has to be set; the config package has the defaults.
type Settings struct {
	Hostname string   // in the banner, the EHLO reply and the Received field
	Announce []string // EHLO keywords, but for STARTTLS without a Certificate

	MaxConnections          int           // at a time, of all listeners together
	MaxConnectionsPerClient int           // of one IPv4 address or one IPv6 /64
	MaxRecipients           int           // accepted in one transaction
	MaxMessageSize          int64         // octets
	MaxErrors               int           // 5xx replies in a session; a message that is passed on sets them back
	CommandTimeout          time.Duration // for a command to come, whole
	DataTimeout             time.Duration // for message data to go on
	SessionTimeout          time.Duration // for a session in which no message is passed on
	MinDataRate             int           // octets a second that message data must come at after DataTimeout; 0: any
	BannerDelay             time.Duration // how long a client is watched for talking before the banner; 0: not at all

	Newlines  smtpwire.Newlines // what becomes of a CR or LF alone: RejectBare or NormalizeBare
	ProxyFrom []netip.Prefix    // networks whose connections begin with a PROXY header
	XCLIENT   bool              // tell next hops who the client is
	// Postmaster is who RCPT TO:<postmaster> goes to, an address with a domain; "" refuses it.
	Postmaster string
}

// Options are what a Server works with. Certificate and Registerer may be nil.
type Options struct {
	Settings
	Certificate func() (*tls.Certificate, error) // for STARTTLS; nil: not offered
	Verifier    *verify.Verifier
	Domains     *domains.Registry
	Hops        *nexthop.Hops
	Log         *slog.Logger
	Registerer  prometheus.Registerer
}
