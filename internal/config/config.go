package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"strings"

	"callout/internal/domains"
)

const (
	maxFile = 64 << 20 // octets of a file; 100,000 plain domains are about 8 MiB
	maxSpec = 1 << 20  // octets of one domain's settings as JSON
)

// Config is what a file says, with the default for each key that it leaves out.
type Config struct {
	Path       string // the file, as it was named; "" for Default
	Hostname   string // what Callout calls itself: lower-case A-labels, or an address literal
	DataDir    string
	Log        Log
	Policy     []Listen // none: off
	HTTP       HTTP
	Gateway    Gateway
	MaxEntries int               // verdicts kept in memory, 1,000 to 100,000,000
	Defaults   domains.Settings  // what a domain starts from
	Domains    []*domains.Domain // in the order of the file
}

// Log says what is logged and how.
type Log struct {
	Level  slog.Level
	Format string // "text" or "json"
}

// HTTP is the listener of the web interface, the API, metrics and health.
type HTTP struct {
	Listen          *Listen        // nil: off
	Insecure        bool           // may listen on other than loopback addresses without TLS
	ProxyFrom       []netip.Prefix // whose X-Forwarded-For says who the client is; masked, and none is IPv4 as IPv6
	TLSCert, TLSKey string         // files as they are to be opened, in PEM; both or none. They could be loaded when the file was read
}

// Default returns the configuration of a file that sets nothing.
func Default() *Config {
	machine, err := os.Hostname()
	if err != nil {
		machine = "" // then it is localhost, as for a machine without a full name
	}
	return defaults("", machine)
}

// defaults is Default for a file and a machine of the given names.
func defaults(path, machine string) *Config {
	c := &Config{
		Path:     path,
		Hostname: defaultHostname(machine),
		DataDir:  "/var/lib/callout",
		Log:      Log{Level: slog.LevelInfo, Format: "text"},
		Policy:   []Listen{{Network: "tcp", Address: "127.0.0.1:10040", Where: Position{File: path}}},
		HTTP: HTTP{
			Listen: &Listen{Network: "tcp", Address: "127.0.0.1:8025", Where: Position{File: path}},
		},
		Gateway:    defaultGateway(),
		MaxEntries: 1_000_000,
		Defaults:   domains.DefaultSettings(),
	}
	c.Defaults.Callout.Hostname = c.Hostname
	return c
}

// Load reads and checks a file. Where the file can't be read the error is one line that says what to do, and
// wraps the cause; where its content is wrong it is a Problems.
func Load(path string) (*Config, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fileError(path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fileError(path, err)
	}
	return data, nil
}

// fileError says what to do about a file that can't be read.
func fileError(path string, err error) error {
	mend := "make it readable, or name another file with -c FILE"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		mend = "create it, or name another file with -c FILE"
	case errors.Is(err, fs.ErrPermission):
		mend = "let the user who runs callout read it"
	}
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err // the path is said already
	}
	return fmt.Errorf("%s: %w; %s", path, err, mend)
}

// Parse checks the content of a file; name is what the file is called in errors. The error is a Problems: one
// line for each thing that is wrong, ten at most.
func Parse(name string, data []byte) (*Config, error) {
	machine, err := os.Hostname()
	if err != nil {
		machine = ""
	}
	return parse(name, data, machine)
}

func parse(name string, data []byte, machine string) (*Config, error) {
	c := defaults(name, machine)
	found := &problems{doc: document{name: name, data: data}}
	if len(data) > maxFile {
		found.add(0, "", "the file is larger than 64 MiB; keep the domains in the store instead: callout domain")
		return nil, found.err()
	}
	if root, whole := readTOML(found); whole {
		readFileTree(found, root, c)
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// BuildDomain makes a domain of the store from its settings: a JSON object with the keys of a [[domain]] but
// name, which may name no files. What the object leaves out is as in the file. The error is a Problems in the words that a file gets,
// with "domain" and the name where the file has a position.
func (c *Config) BuildDomain(name string, spec []byte) (*domains.Domain, error) {
	found := &problems{doc: document{name: "domain " + show(name)}}
	d := &domains.Domain{Origin: domains.FromStore, Settings: c.Defaults}
	normal, err := parseDomainName(name)
	if err != nil {
		found.add(-1, "", "%s", err)
		return nil, found.err()
	}
	d.Name = normal
	found.doc.name = "domain " + normal
	if len(spec) > maxSpec {
		found.add(-1, "", "the settings are larger than 1 MiB; shorten them")
		return nil, found.err()
	}
	if root := readJSON(found, spec); root != nil {
		readSpecTree(found, root, d)
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	return d, nil
}

// show puts a value of the file into a message: quoted, on one line, and no longer than a message can bear.
func show(s string) string {
	const most = 60
	if runes := []rune(s[:min(len(s), 4*most+4)]); len(runes) > most {
		return fmt.Sprintf("%q", string(runes[:most])+"…")
	}
	return fmt.Sprintf("%q", s)
}

// bare puts a key into a message: as it is where TOML would take it without quotes.
func bare(key string) string {
	plain := key != "" && len(key) <= 60 && strings.IndexFunc(key, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-'
	}) < 0
	if plain {
		return key
	}
	return show(key)
}
