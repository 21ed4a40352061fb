package config

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"callout/internal/address"
)

// The words of gateway.bare_newline.
const (
	BareNewlineReject    = "reject"    // a message with a CR or LF alone is refused
	BareNewlineNormalize = "normalize" // each becomes CRLF
)

// Gateway is the SMTP server that passes mail on to the destinations.
type Gateway struct {
	Listen                  []Listen       // none: off
	MaxConnections          int            // at a time, 1 to 100,000
	MaxConnectionsPerClient int            // those of one client, 1 to 100,000
	MaxRecipients           int            // of one message, 100 to 100,000
	MaxMessageSize          int64          // octets, 64 KiB to 2 GiB
	MaxErrors               int            // of one session, 1 to 1,000,000
	CommandTimeout          time.Duration  // for each command, 1 s to 1 h
	DataTimeout             time.Duration  // for a message that makes no progress, 1 s to 1 h
	SessionTimeout          time.Duration  // for a session in which no message is passed on, 1 s to 24 h
	MinDataRate             int            // octets a second that a message keeps up on the whole once DataTimeout has passed, to 1,000,000; 0: no floor
	BannerDelay             time.Duration  // before the greeting, to 2 min; 0: none
	BareNewline             string         // BareNewlineReject or BareNewlineNormalize
	TLSCert, TLSKey         string         // files as they are to be opened, in PEM; both or none. They could be loaded when the file was read
	ProxyFrom               []netip.Prefix // whose connections begin with a PROXY header; masked, and none is IPv4 as IPv6
	XCLIENT                 bool           // tell next hops who the client is
	Postmaster              string         // who gets mail for postmaster without a domain: an address; "" for nobody
	Announce                []string       // EHLO keywords, upper case, none twice; STARTTLS only counts with TLSCert
}

// defaultGateway is the gateway of a file that sets nothing: off.
func defaultGateway() Gateway {
	return Gateway{
		MaxConnections:          1000,
		MaxConnectionsPerClient: 50,
		MaxRecipients:           1000,
		MaxMessageSize:          50 << 20,
		MaxErrors:               20,
		CommandTimeout:          5 * time.Minute,
		DataTimeout:             10 * time.Minute,
		SessionTimeout:          30 * time.Minute,
		MinDataRate:             1000,
		BareNewline:             BareNewlineReject,
		Announce:                slices.Clone(announceable),
	}
}

// gatewayDuration takes a duration of the gateway within bounds.
func gatewayDuration(least, most time.Duration, at func(*Gateway) *time.Duration) takes {
	words := "a duration from " + showDuration(least) + " to " + showDuration(most)
	return takes{words: words, read: func(r reading) { r.duration(words, least, most, at(&r.to.file.config.Gateway)) }}
}

// gatewayDurationOrOff is gatewayDuration that takes "0" as well.
func gatewayDurationOrOff(least, most time.Duration, at func(*Gateway) *time.Duration) takes {
	words := wordsOrOff(least, most)
	return takes{words: words, read: func(r reading) { r.durationOrOff(words, least, most, at(&r.to.file.config.Gateway)) }}
}

// parsePostmaster reads the address of whom mail for postmaster without a domain goes to.
func parsePostmaster(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	rcpt, err := address.Parse(s)
	sent := rcpt.String()
	switch {
	case errors.Is(err, address.ErrNoDomain):
		return "", errors.New(show(s) + ` has no domain; write for example "postmaster@example.com"`)
	case err != nil || strings.HasPrefix(sent, `"`) && !strings.HasPrefix(s, `"`):
		return "", errors.New(show(s) + ` is not an address; write for example "postmaster@example.com", or "" for none`)
	case len(sent) > maxMailFrom:
		return "", errors.New(show(s) + " is longer than 254 octets; choose a shorter address")
	case !rcpt.ASCII():
		return "", errors.New(show(s) + " has a local-part that is not ASCII, which many servers refuse; choose another address")
	}
	return sent, nil
}
