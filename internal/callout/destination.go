package callout

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"callout/internal/address"
)

// Host is one server of a destination. It is comparable: equal hosts share their sessions.
type Host struct {
	Name string // a host name in lower case, or an IP address without brackets
	Port uint16
}

// String returns host:port, with brackets around an IPv6 address.
func (h Host) String() string { return net.JoinHostPort(h.Name, strconv.Itoa(int(h.Port))) }

// Destination is the servers that hold a domain's mailboxes: groups of equal priority, the first asked first.
type Destination [][]Host

// Hosts returns all hosts in the order in which they are asked.
func (d Destination) Hosts() []Host {
	var all []Host
	for _, group := range d {
		all = append(all, group...)
	}
	return all
}

// String returns the hosts in the order in which they are asked, separated by commas.
func (d Destination) String() string {
	names := make([]string, 0, len(d))
	for _, h := range d.Hosts() {
		names = append(names, h.String())
	}
	return strings.Join(names, ", ")
}

// smtpPort is the port of a host that names none (RFC 5321 section 4.5.4.2).
const smtpPort = 25

// ParseHost reads host, host:port, [IPv6]:port or an IP address. The error says what is wrong and what to
// write instead.
func ParseHost(s string) (Host, error) {
	if scheme, rest, ok := strings.Cut(s, "://"); ok {
		if scheme == "smtp" {
			return ParseHost(rest)
		}
		return Host{}, fmt.Errorf("destination %q: this version talks SMTP only; write host:port", s)
	}
	if rest, ok := strings.CutPrefix(s, "mx:"); ok && strings.Trim(rest, "0123456789") != "" {
		return Host{}, fmt.Errorf("destination %q: this version does not look up MX records; write host:port", s)
	}
	if ip, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return Host{Name: ip.String(), Port: smtpPort}, nil
	}
	name, port, err := net.SplitHostPort(s)
	if err != nil {
		name, port = s, strconv.Itoa(smtpPort)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return Host{}, fmt.Errorf("destination %q: port %q is not a number from 1 to 65535", s, port)
	}
	if ip, err := netip.ParseAddr(name); err == nil {
		return Host{Name: ip.String(), Port: uint16(number)}, nil
	}
	name, err = address.ParseDomain(name)
	if err != nil {
		return Host{}, fmt.Errorf("destination %q is no host:port; write for example mx.example.com:25", s)
	}
	return Host{Name: name, Port: uint16(number)}, nil
}
