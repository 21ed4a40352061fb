package config

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"

	"callout/internal/address"
)

const (
	// maxSocketPath is the longest path of a unix socket in octets: sun_path is 108 with its final NUL.
	maxSocketPath = 107
	// adminSocket is what the program puts into data_dir.
	adminSocket = "/callout.sock"
)

// Listen is an address to listen on.
type Listen struct {
	Network string      // "tcp" or "unix"
	Address string      // host:port; port 0 takes any free one. Or an absolute path
	Mode    fs.FileMode // of a unix socket, 0660 where the file says nothing
	Group   string      // of a unix socket, "" leaves it as it is
	Where   Position    // in the file; without a line where it is a default
}

// String returns the address as the file has it, without mode and group.
func (l Listen) String() string {
	if l.Network == "unix" {
		return "unix:" + l.Address
	}
	return l.Address
}

// loopback reports whether only this machine can reach the listener.
func (l Listen) loopback() bool {
	if l.Network == "unix" {
		return true
	}
	host, _, err := net.SplitHostPort(l.Address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// same reports whether both can't be listened on at once. Port 0 is a new port each time.
func (l Listen) same(other Listen) bool {
	return l.Network == other.Network && l.Address == other.Address && !strings.HasSuffix(l.Address, ":0")
}

// parseListen reads host:port or unix:/path?mode=0660&group=name. The error says what is wrong with it and
// what to write; the value itself is for the caller to name.
func parseListen(s string) (Listen, error) {
	if rest, ok := strings.CutPrefix(s, "unix:"); ok {
		return parseUnix(rest)
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return Listen{}, errors.New(`is no listener; write host:port, for example "127.0.0.1:10040", or "unix:/path"`)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return Listen{}, errors.New("has a port that is not a number from 0 to 65535")
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case err == nil:
		host = ip.String()
	case host != "":
		if host, err = address.ParseDomain(host); err != nil {
			return Listen{}, errors.New(`has a host that is neither a name nor an address; write for example "127.0.0.1:10040"`)
		}
	}
	return Listen{Network: "tcp", Address: net.JoinHostPort(host, strconv.FormatUint(number, 10))}, nil
}

// parseUnix reads what follows "unix:".
func parseUnix(s string) (Listen, error) {
	file, query, _ := strings.Cut(s, "?")
	l := Listen{Network: "unix", Address: path.Clean(file), Mode: 0o660}
	switch {
	case !path.IsAbs(file) || l.Address == "/" || strings.HasSuffix(file, "/") || strings.IndexByte(file, 0) >= 0:
		return Listen{}, errors.New(`has no absolute path; write for example "unix:/run/callout/policy.sock"`)
	case len(l.Address) > maxSocketPath:
		return Listen{}, errors.New("has a path over 107 octets, which no socket can have; choose a shorter one")
	}
	options, err := url.ParseQuery(query)
	if err != nil {
		options = url.Values{query: {""}}
	}
	for name, values := range options {
		value := values[0]
		switch {
		case len(values) > 1:
			return Listen{}, errors.New("says " + bare(name) + " twice; remove one of the two")
		case name == "mode":
			mode, err := strconv.ParseUint(value, 8, 32)
			if err != nil || mode > 0o777 {
				return Listen{}, errors.New("has a mode that is not octal; write for example mode=0660")
			}
			l.Mode = fs.FileMode(mode)
		case name == "group" && value != "" && !strings.ContainsAny(value, ":/ \t\r\n\x00"):
			l.Group = value
		case name == "group":
			return Listen{}, errors.New("has a group without a name; write for example group=postfix")
		default:
			return Listen{}, errors.New("has an option that there is not; write mode and group only, as in ?mode=0660&group=postfix")
		}
	}
	return l, nil
}
