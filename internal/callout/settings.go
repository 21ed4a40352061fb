package callout

import (
	"crypto/tls"
	"net/netip"
	"time"
)

// Settings says how a question is asked. The zero value is of no use: DefaultSettings has the defaults, and
// the config package lets a file or a domain change them.
type Settings struct {
	Hostname                 string           // what we call ourselves in EHLO
	MaxSessions              int              // sessions to one host at a time, at least 1
	ConnectTimeout           time.Duration    // for one connection attempt
	ReplyTimeout             time.Duration    // for the greeting and for each reply, whole
	Deadline                 time.Duration    // for a whole question: every host, every try, waiting included
	Pipelining               bool             // send commands ahead where EHLO announced PIPELINING (RFC 2920)
	RecipientsPerTransaction int              // RCPTs in one MAIL transaction at most, 1 to 100
	TLS                      TLSMode          // of SMTP and LMTP hosts; smtps:// is always encrypted
	ClientCert               *tls.Certificate // shown to hosts that ask for one; nil for none
	Source                   []netip.Addr     // local addresses that connections come from, one per family at most
	MailFrom                 string           // reverse-path of MAIL, "" for the null sender
}

// TLSMode says when a session is encrypted.
type TLSMode uint8

// The modes. Only TLSVerify checks whose certificate it is.
const (
	TLSOpportunistic TLSMode = iota // where STARTTLS is offered; without where the handshake fails
	TLSOff                          // never
	TLSRequire                      // always, whatever the certificate
	TLSVerify                       // always, with a certificate for the host's name
)

var tlsModeNames = [...]string{"opportunistic", "off", "require", "verify"}

// String returns the mode as the configuration has it.
func (m TLSMode) String() string { return tlsModeNames[m] }

// DefaultSettings returns the settings of a file that sets nothing.
func DefaultSettings() Settings {
	return Settings{
		Hostname:                 "localhost",
		MaxSessions:              5,
		ConnectTimeout:           5 * time.Second,
		ReplyTimeout:             30 * time.Second,
		Deadline:                 60 * time.Second,
		Pipelining:               true,
		RecipientsPerTransaction: 100,
	}
}
