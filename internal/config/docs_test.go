package config

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const docsFile = "../../docs/configuration.md"

func docs(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// documented is what the documentation says of one key.
type documented struct{ defaultValue, takes, where string }

// documentedKeys reads each section that has a key for its heading.
func documentedKeys(t *testing.T) map[string]documented {
	t.Helper()
	keys := map[string]documented{}
	headings := regexp.MustCompile("(?m)^### `([a-z_.]+)`\n")
	text := docs(t)
	for _, at := range headings.FindAllStringSubmatchIndex(text, -1) {
		path, section := text[at[2]:at[3]], text[at[1]:]
		if end := strings.Index(section, "\n#"); end >= 0 {
			section = section[:end]
		}
		if _, ok := keys[path]; ok {
			t.Errorf("%s is documented twice", path)
		}
		fact := func(name string) string {
			_, rest, _ := strings.Cut(section, "\n- "+name+": ")
			first, _, _ := strings.Cut(rest, "\n")
			return first
		}
		keys[path] = documented{fact("Default"), fact("Takes"), fact("Where")}
	}
	return keys
}

func TestEveryKeyIsDocumented(t *testing.T) {
	keys := documentedKeys(t)
	for i := range schema {
		k := &schema[i]
		d, ok := keys[k.path()]
		if !ok {
			t.Errorf("%s is not documented", k.path())
			continue
		}
		delete(keys, k.path())
		def := "`" + k.def + "`"
		if k.def == "" {
			def = "none"
		}
		if !strings.Contains(d.defaultValue, def) {
			t.Errorf("%s: default %q, want %s", k.path(), d.defaultValue, def)
		}
		if got := strings.ReplaceAll(d.takes, "`", ""); got != k.takes.words {
			t.Errorf("%s: takes %q, want %q", k.path(), got, k.takes.words)
		}
		if where := documentedWhere(k); d.where != where {
			t.Errorf("%s: where %q, want %q", k.path(), d.where, where)
		}
	}
	for path := range keys {
		t.Errorf("%s is documented, but there is no such key", path)
	}
}

func documentedWhere(k *key) string {
	where := "`[" + k.table + "]`"
	switch k.table {
	case "":
		where = "top of the file"
	case "domain":
		where = "`[[domain]]`"
	}
	if k.inDomain {
		where += ", `[[domain]]`"
	}
	return where
}

// wholeFile writes every key with its default.
func wholeFile() string {
	var b strings.Builder
	for _, table := range slices.Concat([]string{""}, tables, []string{"domain"}) {
		switch table {
		case "":
		case "domain":
			b.WriteString("\n[[domain]]\n")
		default:
			fmt.Fprintf(&b, "\n[%s]\n", table)
		}
		for i := range schema {
			k := &schema[i]
			value := k.def
			if value == "" {
				value = k.takes.example
			}
			if k.table == table {
				fmt.Fprintf(&b, "%-42s # %s\n", k.name+" = "+value, k.about)
			}
		}
	}
	return b.String()
}

func TestTheDocumentedWholeFileIsTheDefaults(t *testing.T) {
	whole := wholeFile()
	if !strings.Contains(docs(t), "```toml\n"+whole+"```\n") {
		t.Errorf("%s does not have the whole file, which is:\n%s", docsFile, whole)
	}
	got, err := parse("c", []byte(whole), "")
	if err != nil {
		t.Fatal(err)
	}
	want := defaults("c", "")
	if len(got.Domains) != 1 || !reflect.DeepEqual(got.Domains[0].Settings, want.Defaults) {
		t.Errorf("the domain is not as by default: %+v", got.Domains)
	}
	got.Domains = nil
	for i := range got.Policy {
		got.Policy[i].Where = want.Policy[i].Where
	}
	got.HTTP.Listen.Where = want.HTTP.Listen.Where
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got:  %+v\nwant: %+v", got, want)
	}
}

func TestDocumentedExamplesAreGood(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllStringSubmatch(docs(t), -1)
	if len(blocks) < 5 {
		t.Errorf("only %d examples", len(blocks))
	}
	for _, b := range blocks {
		if _, err := parse("callout.toml", []byte(b[1]), ""); err != nil {
			t.Errorf("%s\n%v", b[1], err)
		}
	}
}

// TestDocumentedErrorsAreReal holds the errors that the documentation shows against those that are given.
func TestDocumentedErrorsAreReal(t *testing.T) {
	lines := regexp.MustCompile(`(?m)^callout\.toml:(\d+:\d+: .*)$`).FindAllStringSubmatch(docs(t), -1)
	if len(lines) == 0 {
		t.Error("no error is shown")
	}
	for _, l := range lines {
		known := slices.ContainsFunc(slices.Concat(badFiles, badGateways), func(c struct{ file, want string }) bool { return c.want == l[1] })
		if !known {
			t.Errorf("no file gets this error: %s", l[1])
		}
	}
}

func TestDocumentedFileOfRecipientsIsGood(t *testing.T) {
	_, file, ok := strings.Cut(docs(t), "```\n# mailboxes of example.com\n")
	file, _, closed := strings.Cut(file, "```")
	if !ok || !closed {
		t.Fatal("there is none")
	}
	t.Chdir(folder(t, map[string]string{"example.com.txt": "# mailboxes of example.com\n" + file}))
	d := one(t, domain+"recipients = [\"file:example.com.txt\"]")
	if want := []string{`"john smith"`, "john", "mary", "sales-*"}; !slices.Equal(d.Recipients.Entries(), want) {
		t.Errorf("%q, want %q", d.Recipients.Entries(), want)
	}
}

func TestDocumentedErrorOfAFileOfRecipientsIsReal(t *testing.T) {
	found := regexp.MustCompile(`(?m)^/etc/callout/(example\.com\.txt:17: .*)$`).FindStringSubmatch(docs(t))
	if found == nil {
		t.Fatal("none is shown")
	}
	dir := folder(t, map[string]string{"example.com.txt": strings.Repeat("john\n", 16) + "jo hn\n"})
	_, err := parse(dir+"/c.toml", []byte(domain+"recipients = [\"file:example.com.txt\"]"), "")
	if err == nil || err.Error() != dir+"/"+found[1] {
		t.Errorf("got:  %v\nwant: %s", err, found[1])
	}
}
