package callout

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"callout/internal/address"
)

// Scheme is the protocol that a host is spoken to in.
type Scheme uint8

// The schemes.
const (
	SMTP  Scheme = iota
	SMTPS        // SMTP within TLS from the first octet (RFC 8314 section 3.3 has it for submission)
	LMTP         // RFC 2033
	MX           // not a host, but the hosts that the MX records of Name say (RFC 5321 section 5.1)
)

// Default ports of the schemes. LMTP has none of its own; 24 is what IANA has for any private mail system.
const (
	smtpPort  = 25
	smtpsPort = 465
	lmtpPort  = 24
)

// Host is one server of a destination. It is comparable.
type Host struct {
	Scheme Scheme
	Name   string // a host name in lower case, or an IP address without brackets
	Port   uint16
}

// String returns the host as ParseHost reads it, always with its port but for mx: with port 25.
func (h Host) String() string {
	switch h.Scheme {
	case SMTPS:
		return "smtps://" + h.Address()
	case LMTP:
		return "lmtp://" + h.Address()
	case MX:
		if h.Port == smtpPort {
			return "mx:" + h.Name
		}
		return "mx:" + h.Address()
	}
	return h.Address()
}

// Address returns host:port, with brackets around an IPv6 address.
func (h Host) Address() string { return net.JoinHostPort(h.Name, strconv.Itoa(int(h.Port))) }

// Destination is the servers that hold a domain's mailboxes: groups of equal priority, the first asked first.
type Destination [][]Host

// Hosts returns all hosts in the order in which they are written.
func (d Destination) Hosts() []Host {
	var all []Host
	for _, group := range d {
		all = append(all, group...)
	}
	return all
}

// String returns the hosts in the order in which they are written, separated by commas.
func (d Destination) String() string {
	names := make([]string, 0, len(d))
	for _, h := range d.Hosts() {
		names = append(names, h.String())
	}
	return strings.Join(names, ", ")
}

// ParseHost reads host, host:port, [IPv6]:port or an IP address, alone or behind smtp://, smtps:// or lmtp://; or
// mx:domain, mx:domain:port. The error says what is wrong and what to write instead.
func ParseHost(s string) (Host, error) {
	scheme, rest, port := SMTP, s, uint16(smtpPort)
	if name, behind, ok := strings.Cut(s, "://"); ok {
		rest = behind
		switch strings.ToLower(name) {
		case "smtp":
		case "smtps":
			scheme, port = SMTPS, smtpsPort
		case "lmtp":
			scheme, port = LMTP, lmtpPort
		default:
			return Host{}, fmt.Errorf("destination %.100q: %.20q is no scheme; write host:port, smtps://host, lmtp://host or mx:domain", s, name)
		}
	} else if behind, ok := strings.CutPrefix(s, "mx:"); ok && strings.Trim(behind, "0123456789") != "" {
		scheme, rest = MX, behind
	}
	h, err := parseHostPort(s, rest, port)
	h.Scheme = scheme
	if err == nil && scheme == MX && h.isIP() {
		err = fmt.Errorf("destination %.100q: an IP address has no MX records; write %s", s, h.Address())
	}
	if err != nil {
		return Host{}, err
	}
	return h, nil
}

// parseHostPort reads what is behind the scheme of s.
func parseHostPort(s, rest string, port uint16) (Host, error) {
	if ip, err := netip.ParseAddr(strings.Trim(rest, "[]")); err == nil {
		return Host{Name: ip.String(), Port: port}, nil
	}
	name, number, err := net.SplitHostPort(rest)
	if strings.Contains(rest, "/") {
		return Host{}, fmt.Errorf("destination %.100q: a unix socket can't be asked; let the server listen on TCP and write host:port", s)
	}
	if err != nil {
		name = rest
	} else {
		n, err := strconv.ParseUint(number, 10, 16)
		if err != nil || n == 0 {
			return Host{}, fmt.Errorf("destination %.100q: port %.20q is not a number from 1 to 65535", s, number)
		}
		port = uint16(n)
	}
	if ip, err := netip.ParseAddr(name); err == nil {
		return Host{Name: ip.String(), Port: port}, nil
	}
	name, err = address.ParseDomain(name)
	if err != nil {
		return Host{}, fmt.Errorf("destination %.100q is no host:port; write for example mx.example.com:25", s)
	}
	return Host{Name: name, Port: port}, nil
}

// isIP reports whether the host is given by its address.
func (h Host) isIP() bool {
	_, err := netip.ParseAddr(h.Name)
	return err == nil
}
