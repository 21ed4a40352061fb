package config

import (
	"path/filepath"
	"strings"

	"callout/internal/domains"
)

// maxRecipientsFile bounds a file of local recipients, in octets.
const maxRecipientsFile = 64 << 20

// filePrefix begins an item of domain.recipients that names a file.
const filePrefix = "file:"

// recipients reads domain.recipients. Its items are judged once the names of the domain are known.
func (r reading) recipients() {
	if !r.is(isList, "a list") {
		return
	}
	for _, n := range r.node.items {
		if n.kind != isText {
			r.failItem(n, "%s is not text; write for example \"john\", or \"file:recipients.txt\"", n.show())
			continue
		}
		r.to.later.recipients = append(r.to.later.recipients, n)
	}
}

// localRecipients gives the domain its local recipients.
func (r domainReader) localRecipients() {
	l := &recipientsReader{problems: r.problems, label: r.prefix + "recipients", names: r.to.domain.Names()}
	if r.file != nil {
		l.folder = filepath.Dir(r.file.config.Path)
	}
	for _, n := range r.to.later.recipients {
		if r.full() {
			return
		}
		path, isFile := strings.CutPrefix(n.text, filePrefix)
		switch {
		case !isFile:
			if err := l.entry(n.text); err != nil {
				r.add(n.off, l.label, "%s", err)
			}
		case r.file == nil:
			r.add(n.off, l.label, "%s is a file, which only the configuration file may name; put in what it has with callout recipients import", n.show())
		default:
			l.readFile(n, path)
		}
	}
	r.to.domain.Recipients = l.all.Recipients()
}

// recipientsReader reads the local recipients of one domain.
type recipientsReader struct {
	*problems
	label  string
	names  []string // of the domain
	folder string   // what paths are relative to
	all    domains.Builder
}

// entry adds a local recipient.
func (r *recipientsReader) entry(text string) error {
	entry, err := domains.ParseEntry(text, r.names...)
	if err != nil {
		return err
	}
	return r.all.Add(entry)
}

// readFile adds the local recipients of a file, one in each line. Ten problems of it are enough to see what it is.
func (r *recipientsReader) readFile(n *node, path string) {
	if why := badPath(path); why != "" {
		r.add(n.off, r.label, "%s %s", n.show(), why)
		return
	}
	path = within(r.folder, path)
	data, err := readRegular(path, maxRecipientsFile)
	if err != nil {
		r.add(n.off, r.label, "%s: %s", path, fileMend(err))
		return
	}
	wrong := 0
	for number, text := range domains.EntryLines(data) {
		if err := r.entry(text); err != nil {
			r.addElsewhere(n.off, Position{File: path, Line: number}, err.Error())
			if wrong++; wrong > mostLines || r.full() {
				return
			}
		}
	}
}
