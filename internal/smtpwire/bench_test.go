package smtpwire

import (
	"io"
	"strings"
	"testing"
)

// messages are what the benchmarks read and write, one to a name.
func messages() map[string]string {
	return map[string]string{
		"lines of 76": strings.Repeat(strings.Repeat("x", 74)+"\r\n", 14000),
		"short lines": strings.Repeat("12345678\r\n", 100000),
		"long lines":  strings.Repeat(strings.Repeat("x", 9998)+"\r\n", 100),
		"dots":        strings.Repeat("."+strings.Repeat("x", 73)+"\r\n", 14000),
		"bare LF":     strings.Repeat(strings.Repeat("x", 75)+"\n", 14000) + "\r\n",
		"LF alone":    strings.Repeat("\n", 1000000) + "\r\n",
		"CR alone":    strings.Repeat("\r", 1000000) + "\r\n",
	}
}

func BenchmarkDataReader(b *testing.B) {
	for name, message := range messages() {
		for _, size := range []int{4096, 32768} {
			b.Run(name+"/"+map[int]string{4096: "4k", 32768: "32k"}[size], func(b *testing.B) {
				wire := message + ".\r\n"
				from := strings.NewReader("")
				r := NewReaderSize(from, size)
				p := make([]byte, 32768)
				b.SetBytes(int64(len(message)))
				b.ReportAllocs()
				for b.Loop() {
					from.Reset(wire)
					d := r.Data(NormalizeBare)
					for {
						if _, err := d.Read(p); err == io.EOF {
							break
						} else if err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		}
	}
}

func BenchmarkDotWriter(b *testing.B) {
	for name, message := range messages() {
		if strings.Contains(strings.ReplaceAll(message, "\r\n", ""), "\n") || strings.Contains(message, "\r\r") {
			continue
		}
		b.Run(name, func(b *testing.B) {
			octets := []byte(message)
			b.SetBytes(int64(len(message)))
			b.ReportAllocs()
			for b.Loop() {
				w := NewDotWriter(io.Discard)
				if _, err := w.Write(octets); err != nil {
					b.Fatal(err)
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkChunkReader(b *testing.B) {
	for name, message := range messages() {
		b.Run(name, func(b *testing.B) {
			from := strings.NewReader("")
			r := NewReaderSize(from, 32768)
			p := make([]byte, 32768)
			var state NewlineState
			b.SetBytes(int64(len(message)))
			b.ReportAllocs()
			for b.Loop() {
				from.Reset(message)
				state = NewlineState{}
				c := r.Chunk(int64(len(message)), NormalizeBare, &state)
				for {
					if _, err := c.Read(p); err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
