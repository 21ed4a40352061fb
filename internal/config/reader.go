package config

import (
	"slices"
	"strings"

	"callout/internal/domains"
)

// mostListeners bounds the listeners of one front end.
const mostListeners = 64

// fileReader walks the tree of a file along the schema.
type fileReader struct {
	*problems
	config    *Config
	listeners []placedListen // those that the file names
	certs     *certificates
}

// placedListen is a listener and the value that names it; off is -1 where it is a default.
type placedListen struct {
	Listen
	key string
	off int
}

// readFileTree puts what a file says into c.
func readFileTree(p *problems, root *node, c *Config) {
	f := &fileReader{problems: p, config: c, certs: newCertificates(c.Path)}
	to := target{file: f, settings: &c.Defaults, later: &later{}}
	for _, e := range root.keys {
		switch {
		case p.full():
			return
		case e.name == "domain":
		case slices.Contains(tables, e.name):
			f.table(e, to)
		default:
			f.value("", e, to)
		}
	}
	f.checkListeners(to.later.httpCert.path != "" || to.later.httpKey.path != "")
	to.later.certificate(p, "callout.", to.settings, f.certs)
	to.later.gatewayCertificate(p, &c.Gateway, f.certs)
	to.later.httpCertificate(p, &c.HTTP, f.certs)
	c.Defaults.Callout.Hostname = c.Hostname
	if e, ok := root.find("domain"); ok { // last: a domain starts from what the file says, wherever it says it
		f.domains(e)
	}
}

// table reads the keys of a [table].
func (f *fileReader) table(e entry, to target) {
	switch {
	case e.node.kind == isTable:
		for _, inner := range e.node.keys {
			if f.full() {
				return
			}
			f.value(e.name, inner, to)
		}
	case e.node.kind == isList:
		f.add(e.off, e.name, "there is only one; write [%s], with single brackets", e.name)
	default:
		f.add(e.node.off, e.name, "%s is not a table; write [%s], and its keys below", e.node.show(), e.name)
	}
}

// value reads one key of the file.
func (f *fileReader) value(table string, e entry, to target) {
	path := e.name
	if table != "" {
		path = table + "." + e.name
	}
	k, ok := byPath[path]
	if !ok || k.table != table {
		f.unknown(table, e)
		return
	}
	k.takes.read(reading{f.problems, k, path, e.node, to})
}

// unknown says where a key belongs, or what was probably meant.
func (f *fileReader) unknown(table string, e entry) {
	label := bare(e.name)
	if table != "" {
		label = table + "." + label
	}
	f.add(e.off, label, "%s", unknownMend(table, e.name))
}

// unknownMend says what to do about a key that a table, "" for the top of the file, does not have.
func unknownMend(table, name string) string {
	var here, elsewhere []string
	for i := range schema {
		k := &schema[i]
		switch {
		case k.table == table || table == "domain" && k.inDomain:
			here = append(here, k.name)
		case k.name == name:
			elsewhere = append(elsewhere, place(k.table))
		}
	}
	if table == "" {
		here = append(append(here, "domain"), tables...)
	}
	switch near := nearest(name, here); {
	case table == "domain" && name == "max_entries":
		return "it can't be set for one domain; write it in [cache]"
	case len(elsewhere) > 0:
		return "it does not belong here; write it " + strings.Join(elsewhere, " or ")
	case near == "domain" && table == "":
		return "there is no such key; did you mean [[domain]]?"
	case near != "" && slices.Contains(tables, near) && table == "":
		return "there is no such key; did you mean [" + near + "]?"
	case near != "":
		return "there is no such key; did you mean " + near + "?"
	case table == "domain":
		return "there is no such key; leave it out"
	}
	return "there is no such key; write one of " + strings.Join(here, ", ")
}

// place says where the keys of a table stand.
func place(table string) string {
	switch table {
	case "":
		return "at the top of the file, above the first [table]"
	case "domain":
		return "in a [[domain]]"
	}
	return "in [" + table + "]"
}

// listeners takes a list of listeners.
func listeners(example string, at func(*Config) *[]Listen) takes {
	return takes{words: "a list of listeners", example: example, read: func(r reading) {
		if !r.is(isList, "a list") {
			return
		}
		if len(r.node.items) > mostListeners {
			r.fail("there are %d listeners; write %d at most", len(r.node.items), mostListeners)
			return
		}
		var all []Listen
		for _, item := range r.node.items {
			if l, ok := r.listener(item); ok {
				all = append(all, l)
			}
		}
		*at(r.to.file.config) = all
	}}
}

// httpListen reads http.listen.
func (r reading) httpListen() {
	if !r.is(isText, "text") {
		return
	}
	r.to.file.config.HTTP.Listen = nil
	if r.node.text == "" {
		return
	}
	if l, ok := r.listener(r.node); ok {
		r.to.file.config.HTTP.Listen = &l
	}
}

// listener reads one listener and remembers its place.
func (r reading) listener(n *node) (Listen, bool) {
	if n.kind != isText {
		r.failItem(n, "%s is not text; write for example \"127.0.0.1:10040\"", n.show())
		return Listen{}, false
	}
	l, err := parseListen(n.text)
	if err != nil {
		r.failItem(n, "%s %s", n.show(), err)
		return Listen{}, false
	}
	l.Where = r.doc.position(n.off)
	r.to.file.listeners = append(r.to.file.listeners, placedListen{l, r.label, n.off})
	return l, true
}

// checkListeners finds listeners that are there twice, or open to others without need. encrypted says that the file names
// a certificate for HTTP, whether or not it can be used.
func (f *fileReader) checkListeners(encrypted bool) {
	all := f.listeners
	has := func(key string) bool {
		return slices.ContainsFunc(f.listeners, func(l placedListen) bool { return l.key == key })
	}
	if !has("policy.listen") && len(f.config.Policy) > 0 {
		all = append(all, placedListen{f.config.Policy[0], "policy.listen", -1})
	}
	if http := f.config.HTTP.Listen; http != nil && !has("http.listen") {
		all = append(all, placedListen{*http, "http.listen", -1})
	}
	slices.SortStableFunc(all, func(a, b placedListen) int { return a.off - b.off })
	for i, l := range all {
		for _, before := range all[:i] {
			if l.same(before.Listen) {
				f.add(l.off, l.key, "%s is a listener of %s already; choose another", show(l.String()), before.key)
				break
			}
		}
		if l.key == "http.listen" && !encrypted && !f.config.HTTP.Insecure && !l.loopback() {
			f.add(l.off, l.key, "%s is open to other machines, without TLS; write tls_cert and tls_key in [http],"+
				" or for example \"127.0.0.1:8025\", or insecure = true if that is what you want", show(l.String()))
		}
	}
}

// readSpecTree puts the settings of a domain of the store into d.
func readSpecTree(p *problems, root *node, d *domains.Domain) {
	r := domainReader{problems: p, to: target{settings: &d.Settings, domain: d, later: &later{}}}
	for _, e := range root.keys {
		if p.full() {
			return
		}
		if e.name == "name" {
			p.add(-1, "name", "the name is given beside the settings; leave it out of them")
			continue
		}
		r.key(e)
	}
	if _, ok := root.find("destinations"); !ok && needsDestinations(d.Mode) {
		p.add(-1, "destinations", "there are none; name the server that holds the mailboxes, such as mx.example.com:25")
	}
	r.finish()
}
