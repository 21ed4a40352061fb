package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/domains"
)

// line is the form of every line of an error: of the file, or of one that it names.
var line = regexp.MustCompile(`^(callout\.toml:[1-9][0-9]*:[1-9][0-9]*|[^\x00-\x1f\x7f]+:[1-9][0-9]*): [^\x00-\x1f\x7f]+$`)

func FuzzParse(f *testing.F) {
	f.Add(sample)
	for _, c := range slices.Concat(badFiles, badGateways) {
		f.Add(c.file)
	}
	f.Fuzz(func(t *testing.T, file string) {
		c, err := parse("callout.toml", []byte(file), "")
		if err != nil {
			checkProblems(t, file, err)
			return
		}
		if err := toml.Unmarshal([]byte(strings.TrimPrefix(file, "\ufeff")), new(map[string]any)); err != nil {
			t.Errorf("%q is taken, but is not TOML: %v", file, err)
		}
		for _, d := range c.Domains {
			if name, err := address.ParseDomain(d.Name); name != d.Name || err != nil || !canBeAsked(d) {
				t.Errorf("%q has a domain %+v", file, d)
			}
		}
	})
}

// canBeAsked reports whether a domain has whom to ask, each with a name, or needs nobody.
func canBeAsked(d *domains.Domain) bool {
	hosts := d.Destination.Hosts()
	return (len(hosts) > 0 || !needsDestinations(d.Mode)) &&
		!slices.ContainsFunc(slices.Concat(hosts, d.DeliverTo.Hosts()), func(h callout.Host) bool { return h.Name == "" })
}

func checkProblems(t *testing.T, file string, err error) {
	lines := strings.Split(err.Error(), "\n")
	if len(lines) > mostLines {
		t.Errorf("%q has %d lines of error", file, len(lines))
	}
	for _, l := range lines {
		if !line.MatchString(l) || strings.Contains(l, "toml:") && strings.Contains(l, "int64") {
			t.Errorf("%q has the error %q", file, l)
		}
	}
	all, ok := errors.AsType[Problems](err)
	if !ok {
		t.Fatalf("%q has an error that is no Problems: %v", file, err)
	}
	rows := strings.Split(strings.TrimPrefix(file, "\ufeff"), "\n")
	for _, p := range all {
		if p.Where.File == "callout.toml" && (p.Where.Line > len(rows) || p.Where.Column > len(rows[p.Where.Line-1])+1) {
			t.Errorf("%q has a problem outside the file: %v", file, p)
		}
	}
}

// FuzzTree holds readTOML against the decoder of the same library: they must agree on what is TOML.
func FuzzTree(f *testing.F) {
	f.Add(sample)
	for _, c := range slices.Concat(badFiles, badGateways) {
		f.Add(c.file)
	}
	f.Add("[a.b]\n[a]\n[a.c]\n[[a.d]]\n[a.d.e]\n[[a.d]]\n[a.d.e]\n[[a.d.f]]")
	f.Add("a.b = 1\na.c.d = 2\n[a.c]\n")
	f.Add("a = {b.c = 1, b.d = 2}\n[a.b]\n")
	f.Fuzz(func(t *testing.T, file string) {
		file = strings.TrimPrefix(file, "\ufeff")
		p := &problems{doc: document{"c", []byte(file)}}
		readTOML(p)
		err := toml.Unmarshal([]byte(file), new(map[string]any))
		if err == nil && len(p.list) > 0 {
			t.Errorf("%q is TOML, but: %v", file, p.err())
		}
		if err != nil && len(p.list) == 0 && !decodedLater(err) {
			t.Errorf("%q is taken, but: %v", file, err)
		}
	})
}

// decodedLater reports whether an error is about the inside of a number or a date, which the parser leaves to
// who reads it: numbers are read by node.whole, dates are never taken.
func decodedLater(err error) bool {
	for _, word := range []string{"too large", "float", "date", "time", "hour", "minute", "second", "digit", "colon", "zone", ": separator"} {
		if strings.Contains(err.Error(), word) {
			return true
		}
	}
	return false
}

func FuzzBuildDomain(f *testing.F) {
	f.Add("example.com", `{"destinations": ["a", ["b:26"]], "valid_ttl": "1h", "max_sessions": 5, "aliases": ["b.example"], "recipients": ["j*", "x@b.example"], "deliver_to": [["c", "mx:"]]}`)
	f.Add("example.com", `{"mode": "list", "recipients": ["file:x"], "destinations": ["mx:"], "client_cert": "x"}`)
	f.Add("a b", `{"x": {"y": [1.5, null, true]}}`)
	c := Default()
	f.Fuzz(func(t *testing.T, name, spec string) {
		d, err := c.BuildDomain(name, []byte(spec))
		if err != nil {
			for l := range strings.SplitSeq(err.Error(), "\n") {
				if !strings.HasPrefix(l, "domain ") {
					t.Errorf("%q %q has the error %q", name, spec, l)
				}
			}
			return
		}
		if normal, err := address.ParseDomain(name); err != nil || d.Name != normal || !canBeAsked(d) {
			t.Errorf("%q %q: %+v, %v", name, spec, d, err)
		}
	})
}

// BenchmarkParse100000 reads a file of 100,000 domains.
func BenchmarkParse100000(b *testing.B) {
	var file strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&file, "[[domain]]\nname = \"d%06d.example.com\"\ndestinations = [\"mx1.d%06d.example.com:25\","+
			" \"mx2.d%06d.example.com\"]\non_unknown = \"accept\"\nvalid_ttl = \"12h\"\n\n", i, i, i)
	}
	data := []byte(file.String())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if c, err := Parse("c", data); err != nil || len(c.Domains) != 100_000 {
			b.Fatal(err)
		}
	}
}

func BenchmarkBuildDomain(b *testing.B) {
	c := Default()
	spec := []byte(`{"destinations": ["mx1.example.com:25", "mx2.example.com"], "valid_ttl": "12h"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.BuildDomain("example.com", spec); err != nil {
			b.Fatal(err)
		}
	}
}
