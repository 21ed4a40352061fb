package gateway_test

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"callout/internal/front/gateway"
	"callout/internal/lab"
	"callout/internal/smtpwire"
)

// mostFuzzed is how many octets a client sends at most. It is less than the gateway skips of a line that is too long.
const mostFuzzed = 32 << 10

// FuzzSession has a client say anything and half-close. Whatever it said, the session ends, every reply is one, there is
// one reply for each command as a strict reader of the octets finds them, and what arrives at the next hop are the
// messages that this reader finds whole and that were said to be taken, octet for octet.
func FuzzSession(f *testing.F) {
	for i, said := range dialogueOctets(f) {
		f.Add([]byte(said), uint16(0), i%2 == 0)
		f.Add([]byte(said), uint16(1+i), i%2 == 1)
	}
	houses := newFuzzed(f)
	f.Fuzz(func(t *testing.T, said []byte, piece uint16, normalizes bool) {
		houses.check(t, said, int(piece), normalizes)
	})
}

// FuzzFragments does the same with dialogues that are put together of commands and of what is dangerous in messages:
// each octet of the input chooses a fragment.
func FuzzFragments(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		choices := make([]byte, 10+random.IntN(60))
		for i := range choices {
			choices[i] = byte(random.IntN(len(fragments)))
		}
		f.Add(choices, uint16(random.IntN(2)*random.IntN(50)), i%2 == 0)
	}
	houses := newFuzzed(f)
	f.Fuzz(func(t *testing.T, choices []byte, piece uint16, normalizes bool) {
		said := []byte("EHLO client.example\r\nMAIL FROM:<>\r\nRCPT TO:<john@example.com>\r\n")
		for _, choice := range choices {
			said = append(said, fragments[int(choice)%len(fragments)]...)
		}
		houses.check(t, said, int(piece), normalizes)
	})
}

var fragments = []string{
	"\r\n", "\r\n.\r\n", "\r", "\n", ".", "\x00", "text", ".\r\n", "\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r\n\x00.\r\n", "Received: x\r\n",
	"EHLO client.example\r\n", "HELO client.example\r\n", "RSET\r\n", "NOOP\r\n", "QUIT\r\n", "XYZZY\r\n",
	"MAIL FROM:<>\r\n", "MAIL FROM:<> BODY=BINARYMIME\r\n", "MAIL FROM:<a@elsewhere.example> SIZE=9\r\n", "MAIL FROM:<> BODY=8BITMIME SMTPUTF8\r\n",
	"RCPT TO:<john@example.com>\r\n", "RCPT TO:<jane@example.com>\r\n", "RCPT TO:<nobody@example.com>\r\n", "RCPT TO:<x@elsewhere.example>\r\n",
	"MAIL FROM:<>\r\nRCPT TO:<john@example.com>\r\n", "DATA\r\n", "DATA\n", "data\r\n", "DATA\r\n.\r\n", "DATA\r\ntext\r\n.\r\n",
	"BDAT 0\r\n", "BDAT 1\r\n", "BDAT 5\r\n", "BDAT 50\r\n", "BDAT 0 LAST\r\n", "BDAT 1 LAST\r\n", "BDAT 5 LAST\r\n", "bdat 50 last\n",
	"BDAT 6 LAST\r\ntext\r\n", "BDAT 6\r\ntext\r\n", "BDAT 5\r\ntext\r", "BDAT 5 LAST\r\n\ntext",
	strings.Repeat("x", 2100), strings.Repeat("y\r\n", 100),
}

// fuzzed are the gateways that are tried.
type fuzzed struct {
	strict, normalizing *house
	taken               map[*house]int // messages that were looked at
}

// newFuzzed builds two: one as it is by default; one that makes bare newlines good, with a next hop that takes DATA alone.
func newFuzzed(t testing.TB) *fuzzed {
	t.Helper()
	return &fuzzed{
		strict: build(t, plan{quiet: true}),
		normalizing: build(t, plan{
			quiet:    true,
			settings: func(s *gateway.Settings) { s.Newlines = smtpwire.NormalizeBare },
			hop:      func(r *lab.Receiver) { r.Extensions = []string{"PIPELINING", "8BITMIME", "SMTPUTF8"} },
		}),
		taken: make(map[*house]int),
	}
}

// check has one of the gateways told something, in pieces of so many octets, 0 for all at once.
func (f *fuzzed) check(t *testing.T, said []byte, piece int, normalizes bool) {
	if len(said) > mostFuzzed || piece > 0 && len(said)/piece > 1000 {
		return
	}
	h := f.strict
	if normalizes {
		h = f.normalizing
	}
	r := &strictReader{rest: said, replies: h.answers(t, said, piece)}
	if err := r.read(); err != nil {
		t.Fatalf("%v\nreplies: %q\nsaid: %q", err, r.all, said)
	}
	all := h.hop.Received()
	arrived := all[f.taken[h]:]
	f.taken[h] = len(all)
	if len(arrived) != len(r.messages) {
		t.Fatalf("%d messages arrived, %d were sent and taken: %+v\nsaid: %q", len(arrived), len(r.messages), arrived, said)
	}
	for i, m := range arrived {
		want := r.messages[i]
		if normalizes {
			want = newline.ReplaceAllString(want, "\r\n")
		}
		if _, got := cutReceived(string(m.Data)); got != want || m.Lenient != 1 {
			t.Fatalf("%q (%d for a lenient reader); want %q\nsaid: %q", m.Data, m.Lenient, want, said)
		}
	}
}

var newline = regexp.MustCompile("\r\n|\r|\n")

// dialogueOctets returns what the clients of the dialogues in testdata say.
func dialogueOctets(t testing.TB) (all []string) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d dialogues, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		for line := range strings.Lines(string(text)) {
			word, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			switch word {
			case "C":
				said.WriteString(rest + "\r\n")
			case "send":
				octets, err := unquote(rest)
				if err != nil {
					t.Fatalf("%s: %v", file, err)
				}
				said.WriteString(octets)
			}
		}
		if said.Len() <= mostFuzzed {
			all = append(all, said.String())
		}
	}
	return all
}

// answers says something in pieces, half-closes, and returns all that was replied behind the banner.
func (h *house) answers(t *testing.T, said []byte, piece int) []smtpwire.Reply {
	t.Helper()
	conn, err := net.Dial("tcp", h.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	c := &client{t, conn, smtpwire.NewReader(conn)}
	c.expect("220 filter.example.net ESMTP")
	written := make(chan struct{})
	go func() { // an error: the gateway has closed
		defer close(written)
		for rest := said; len(rest) > 0; {
			n := len(rest)
			if piece > 0 {
				n = min(n, piece)
			}
			if _, err := conn.Write(rest[:n]); err != nil {
				return
			}
			rest = rest[n:]
		}
		conn.(*net.TCPConn).CloseWrite()
	}()
	out, err := io.ReadAll(conn)
	if ne, ok := err.(net.Error); ok && ne.Timeout() {
		t.Fatalf("the session does not end; so far: %q", out)
	}
	<-written
	return parseReplies(t, out)
}

// parseReplies reads replies of lines that no client finds too long (RFC 5321 section 4.5.3.1.5).
func parseReplies(t *testing.T, out []byte) (replies []smtpwire.Reply) {
	t.Helper()
	for line := range bytes.Lines(out) {
		if len(line) > 512 || !bytes.HasSuffix(line, []byte("\r\n")) || bytes.Count(line, []byte("\r")) > 1 {
			t.Fatalf("reply line %q", line)
		}
	}
	r := smtpwire.NewReader(bytes.NewReader(out))
	for {
		reply, err := r.ReadReply()
		if err == io.EOF {
			return replies
		} else if err != nil {
			t.Fatalf("%v in %q", err, out)
		}
		replies = append(replies, reply)
	}
}

// strictReader reads what a client said as RFC 5321 and RFC 3030 have it, with the replies to tell where a message
// follows. It is simple rather than fast and shares nothing with the gateway.
type strictReader struct {
	rest     []byte
	all      []string
	replies  []smtpwire.Reply
	chunks   string   // of a message that has not ended
	messages []string // that were taken
}

// read reads all. The error says where replies and commands don't go together.
func (r *strictReader) read() error {
	for _, reply := range r.replies {
		r.all = append(r.all, reply.String())
	}
	for {
		end := bytes.IndexByte(r.rest, '\n')
		if end < 0 || r.over() {
			break
		}
		line := string(r.rest[:end+1])
		r.rest = r.rest[end+1:]
		if goesOn, err := r.command(line); err != nil {
			return err
		} else if !goesOn {
			break
		}
	}
	if r.over() {
		r.replies = r.replies[1:]
	}
	if len(r.replies) > 0 {
		return fmt.Errorf("%d replies to nothing", len(r.replies))
	}
	return nil
}

// over reports whether the gateway has said that it closes.
func (r *strictReader) over() bool { return len(r.replies) > 0 && r.replies[0].Code == 421 }

// next takes the reply to something.
func (r *strictReader) next(to string) (code int, err error) {
	if len(r.replies) == 0 {
		return 0, fmt.Errorf("no reply to %.100q", to)
	}
	code = r.replies[0].Code
	r.replies = r.replies[1:]
	return code, nil
}

var chunkCommand = regexp.MustCompile(`^(?i:BDAT) +([0-9]{1,20})(| +(?i:LAST))$`)

// command reads one command and what belongs to it. goesOn is false where nothing can follow.
func (r *strictReader) command(line string) (goesOn bool, err error) {
	if len(line) > smtpwire.MaxLine {
		_, err := r.next(line)
		return true, err
	}
	line = strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), " \t")
	verb, _, _ := strings.Cut(line, " ")
	if verb = strings.ToUpper(verb); verb == "BDAT" {
		return r.chunk(line)
	}
	code, err := r.next(line)
	switch {
	case err != nil:
		return false, err
	case verb == "DATA" && code == 354:
		return r.data()
	case verb == "QUIT" && code == 221:
		return false, nil
	case (verb == "RSET" || verb == "EHLO" || verb == "HELO") && code == 250:
		r.chunks = ""
	}
	return true, nil
}

// data reads a message behind DATA.
func (r *strictReader) data() (goesOn bool, err error) {
	text, rest, whole := strings.Cut("\r\n"+string(r.rest), "\r\n.\r\n")
	if !whole {
		return false, nil
	}
	r.rest = []byte(rest)
	code, err := r.next("a message")
	if code/100 == 2 {
		text = strings.ReplaceAll(text+"\r\n", "\r\n.", "\r\n")
		r.messages = append(r.messages, strings.TrimPrefix(text, "\r\n"))
	}
	return true, err
}

// chunk reads a BDAT and its octets.
func (r *strictReader) chunk(line string) (goesOn bool, err error) {
	m := chunkCommand.FindStringSubmatch(line)
	size := int64(math.MaxInt64)
	if m != nil {
		if n, err := strconv.ParseInt(m[1], 10, 64); err == nil {
			size = n
		}
	}
	switch {
	case size == math.MaxInt64: // the gateway can't go on behind this
		_, err := r.next(line)
		if err == nil && !r.over() {
			err = fmt.Errorf("the session goes on behind %q", line)
		}
		return false, err
	case size > int64(len(r.rest)):
		return false, nil
	}
	octets := string(r.rest[:size])
	r.rest = r.rest[size:]
	code, err := r.next(line)
	if code/100 == 2 {
		r.chunks += octets
	}
	if m[2] != "" {
		if code/100 == 2 {
			r.messages = append(r.messages, r.chunks)
		}
		r.chunks = ""
	}
	return true, err
}
