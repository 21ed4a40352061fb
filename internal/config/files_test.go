package config

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"callout/internal/domains"
)

// folder is a new one with these files in it.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// pair is a certificate and its key in PEM.
func pair(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(1, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
}

func TestClientCertificates(t *testing.T) {
	cert, key := pair(t)
	dir := folder(t, map[string]string{"c.pem": cert, "k.pem": key})
	const wrote = "client_cert = \"c.pem\"\nclient_key = \"k.pem\"\n"
	file := "[callout]\n" + wrote + domain +
		"[[domain]]\nname = \"b.example\"\ndestinations = [\"b\"]\n" + wrote +
		"[[domain]]\nname = \"c.example\"\ndestinations = [\"c\"]\nclient_cert = \"\"\n"
	for _, name := range []string{filepath.Join(dir, "callout.toml"), "callout.toml"} {
		t.Chdir(dir)
		c, err := parse(name, []byte(file), "")
		if err != nil {
			t.Fatal(err)
		}
		first := c.Defaults.Callout.ClientCert
		if first == nil || len(first.Certificate) != 1 || first.PrivateKey == nil {
			t.Fatalf("loaded: %+v", first)
		}
		if c.Domains[0].Settings.Callout.ClientCert != first || c.Domains[1].Settings.Callout.ClientCert != first {
			t.Error("one pair of files is one certificate")
		}
		if c.Domains[2].Settings.Callout.ClientCert != nil {
			t.Error("\"\" turns the certificate off")
		}
	}
	// A new certificate in the same files is there when the file is read again.
	before, err := parse("callout.toml", []byte(file), "")
	if err != nil {
		t.Fatal(err)
	}
	cert, key = pair(t)
	for name, content := range map[string]string{"c.pem": cert, "k.pem": key} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	after, err := parse("callout.toml", []byte(file), "")
	if err != nil || bytes.Equal(before.Defaults.Callout.ClientCert.Certificate[0], after.Defaults.Callout.ClientCert.Certificate[0]) {
		t.Errorf("the certificate is the old one, %v", err)
	}
}

func TestBadClientCertificates(t *testing.T) {
	cert, key := pair(t)
	_, otherKey := pair(t)
	dir := folder(t, map[string]string{
		"c.pem": cert, "k.pem": key, "other.pem": otherKey, "empty": "", "text": "hello\n",
		"broken.pem": "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n",
		"locked.pem": "-----BEGIN ENCRYPTED PRIVATE KEY-----\naGVsbG8=\n-----END ENCRYPTED PRIVATE KEY-----\n",
		"large":      strings.Repeat(" ", maxPEM+1),
	})
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	const nameKey = "; name the file with the key of c.pem in PEM, without a password"
	for _, c := range []struct{ cert, key, want string }{
		{"none.pem", "k.pem", "2:15: callout.client_cert: none.pem: no such file or directory; create it, or name another"},
		{"c.pem", "none.pem", "3:14: callout.client_key: none.pem: no such file or directory; create it, or name another"},
		{"c.pem", dir, "3:14: callout.client_key: " + dir + ": it is not a regular file; name one"},
		{"pipe", "k.pem", "2:15: callout.client_cert: pipe: it is not a regular file; name one"},
		{"large", "k.pem", "2:15: callout.client_cert: large: it is larger than 1 MiB; name a smaller one"},
		{"empty", "k.pem", "2:15: callout.client_cert: empty: failed to find any PEM data in certificate input; name a file with the certificate in PEM"},
		{"text", "k.pem", "2:15: callout.client_cert: text: failed to find any PEM data in certificate input; name a file with the certificate in PEM"},
		{"k.pem", "c.pem", "2:15: callout.client_cert: k.pem: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched; name a file with the certificate in PEM"},
		{"broken.pem", "k.pem", "2:15: callout.client_cert: broken.pem: x509: malformed certificate; name a file with the certificate in PEM"},
		{"c.pem", "text", "3:14: callout.client_key: text: failed to find any PEM data in key input" + nameKey},
		{"c.pem", "c.pem", "3:14: callout.client_key: c.pem: found a certificate rather than a key in the PEM for the private key" + nameKey},
		{"c.pem", "other.pem", "3:14: callout.client_key: other.pem: private key does not match public key" + nameKey},
		{"c.pem", "locked.pem", "3:14: callout.client_key: locked.pem: failed to parse private key" + nameKey},
	} {
		_, err := parse("c", []byte("[callout]\nclient_cert = \""+c.cert+"\"\nclient_key = \""+c.key+"\"\n"), "")
		if want := "c:" + c.want; err == nil || err.Error() != want {
			t.Errorf("%s, %s:\n got: %v\nwant: %s", c.cert, c.key, err, want)
		}
	}
	for which, name := range []string{"c.pem", "k.pem"} {
		denied := &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
		got, text := blame(denied, [2]string{"c.pem", "k.pem"})
		if want := name + ": permission denied; let the user who runs callout read it"; got != which || text != want {
			t.Errorf("%d: %s, want %d: %s", got, text, which, want)
		}
	}
	_, err := parse("c", []byte(domain+"client_cert = \"c.pem\"\nclient_key = \"none.pem\"\n"), "")
	if err == nil || err.Error() != "c:5:14: domain.client_key: none.pem: no such file or directory; create it, or name another" {
		t.Errorf("in a domain: %v", err)
	}
}

func TestFilesOfRecipients(t *testing.T) {
	dir := folder(t, map[string]string{
		"unix.txt": "\n# all of them\njohn\nMary@example.com # a comment\n\n  zoe@example.org\t\nsales-*\n\"a # b\"@example.com # quoted\n" +
			"\"c\\\" # d\"#\n#no\njack#o'lantern",
		"windows.txt": "\ufeffjohn\r\n\r\n# comment\r\n\"x y\"\r\n",
		"empty.txt":   "",
	})
	t.Chdir(dir)
	want := []string{`"a # b"`, `"x y"`, "inline", "jack#o'lantern", "john", "mary", "sales-*", "zoe"}
	for _, name := range []string{"callout.toml", filepath.Join(dir, "callout.toml")} {
		for _, at := range []string{"", dir + "/", "../" + filepath.Base(dir) + "/"} {
			file := domain + "recipients = [\"file:" + at + "unix.txt\", \"inline\", \"file:" + at + "windows.txt\", \"file:" + at + "empty.txt\"]\n" +
				"aliases = [\"example.org\"]"
			file = strings.Replace(file, "\"inline\"", "\"inline\", \"JOHN\"", 1)
			_, err := parse(name, []byte(file), "")
			const bad = `unix.txt:9: "\"c\\\" # d\"#" is not a local recipient: something stands between the quotes and the @; write for example john, sales-* or john@example.com`
			if err == nil || !strings.HasSuffix(err.Error(), bad) {
				t.Errorf("the bad line: %v", err)
			}
		}
	}
	text, err := os.ReadFile("unix.txt")
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("\"c\\\" # d\"#\n"), nil, 1)
	if err := os.WriteFile("unix.txt", text, 0o600); err != nil {
		t.Fatal(err)
	}
	d := one(t, domain+"recipients = [\"file:unix.txt\", \"inline\", \"file:windows.txt\", \"JOHN\"]\naliases = [\"example.org\"]")
	if got := d.Recipients.Entries(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if d := one(t, domain+"recipients = [\"file:empty.txt\"]"); d.Recipients != nil {
		t.Errorf("an empty file: %+v", d.Recipients)
	}
}

func TestBadFilesOfRecipients(t *testing.T) {
	const mend = "; write for example john, sales-* or john@example.com"
	dir := folder(t, map[string]string{
		"bad.txt":    "john\n\n# c\njo hn\r\nmary@example.net\n",
		"binary.txt": "a\x00b\n\xff\n",
		"worse.txt":  strings.Repeat("a b\n", 500),
		"many.txt":   strings.Repeat("john\n", 10) + patterns(domains.MaxPatterns+1),
	})
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	large, err := os.Create(filepath.Join(dir, "large.txt"))
	if err == nil {
		err = large.Truncate(maxRecipientsFile + 1) // takes no room on the disk
	}
	if err == nil {
		err = large.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	bad := dir + "/bad.txt:4: \"jo hn\" is not a local recipient: a local-part with \" \" must be in quotes" + mend + "\n" +
		dir + "/bad.txt:5: \"mary@example.net\" is not at this domain; its names are example.com: write an address there, or the local-part alone"
	at := dir + "/c.toml:4:15: domain.recipients: "
	for file, want := range map[string]string{
		"bad.txt": bad,
		"binary.txt": dir + "/binary.txt:1: \"a\\x00b\" is not a local recipient: the local-part has a control character" + mend + "\n" +
			dir + "/binary.txt:2: \"\\xff\" is not a local recipient: the local-part is not UTF-8" + mend,
		"many.txt":                dir + "/many.txt:1011: the domain has more than 1000 patterns; write wider ones, or the local-parts themselves",
		"none.txt":                at + dir + "/none.txt: no such file or directory; create it, or name another",
		".":                       at + dir + ": it is not a regular file; name one",
		"pipe":                    at + dir + "/pipe: it is not a regular file; name one",
		"large.txt":               at + dir + "/large.txt: it is larger than 64 MiB; name a smaller one",
		strings.Repeat("x", 5000): at + "\"file:" + strings.Repeat("x", 55) + "…\" is too long for a path; choose a shorter one",
	} {
		_, err := parse(dir+"/c.toml", []byte(domain+"recipients = [\"file:"+file+"\"]"), "")
		if err == nil || err.Error() != want {
			t.Errorf("%.50s\n got: %v\nwant: %s", file, err, want)
		}
	}
	_, err = parse(dir+"/c.toml", []byte(domain+"recipients = [\"file:worse.txt\", \"x y\"]\ncolour = 1"), "")
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 10 || !strings.HasPrefix(lines[0], dir+"/worse.txt:1: ") ||
		lines[9] != dir+"/worse.txt:10: more problems from here on; mend those above first" {
		t.Errorf("a file that is wrong throughout:\n%v", err)
	}
	// It hides nothing that is wrong before it.
	_, err = parse(dir+"/c.toml", []byte(domain+"aliases = [\"b.example\"]\n"+
		"[[domain]]\nname = \"b.example\"\ndestinations = [\"b\"]\nrecipients = [\"file:worse.txt\"]"), "")
	if err == nil || !strings.HasPrefix(err.Error(), dir+"/c.toml:4:12: domain.aliases: \"b.example\" is the domain of line 6 already; ") {
		t.Errorf("behind a file that is wrong throughout: %v", err)
	}
	// What is wrong elsewhere comes before or behind, as the file has it.
	_, err = parse(dir+"/c.toml", []byte("colour = 1\n"+domain+"recipients = [\"file:bad.txt\"]\n[log]\nlevel = 5\n"), "")
	lines = strings.Split(err.Error(), "\n")
	if len(lines) != 4 || !strings.Contains(lines[0], "c.toml:1:1: ") || lines[1]+"\n"+lines[2] != bad || !strings.Contains(lines[3], "c.toml:7:9: ") {
		t.Errorf("the order:\n%v", err)
	}
}

func patterns(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "p%d-*\n", i)
	}
	return b.String()
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "firstname.lastname%06d@example.com\n", i)
	}
	return b.String()
}

func TestAMillionLocalRecipients(t *testing.T) {
	var all strings.Builder
	for i := range domains.MaxExact {
		fmt.Fprintf(&all, "u%d\n", i)
	}
	dir := folder(t, map[string]string{"all.txt": all.String(), "more.txt": "U1\nx\ny\n"})
	_, err := parse(filepath.Join(dir, "c.toml"), []byte(domain+"recipients = [\"file:all.txt\", \"file:more.txt\"]"), "")
	const want = "/more.txt:2: the domain has more than 1000000 local recipients; leave some out, or let patterns or its destinations speak for them"
	if err == nil || !strings.HasPrefix(err.Error(), dir+want+"\n") {
		t.Errorf("one too many: %v", err)
	}
}

func BenchmarkFileOf100000(b *testing.B) {
	dir := folder(b, map[string]string{"all.txt": numbered(100_000)})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parse(filepath.Join(dir, "c.toml"), []byte(domain+"recipients = [\"file:all.txt\"]"), ""); err != nil {
			b.Fatal(err)
		}
	}
}
