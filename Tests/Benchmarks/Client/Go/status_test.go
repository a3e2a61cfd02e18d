// The Status() of the talk's emergency stop, as its slides describe it: a map behind an atomic value.
package talk

import (
	"sync/atomic"
	"testing"
)

type status string

type info struct {
	name   string
	status status
}

type reader struct{ entries atomic.Value }

func (r *reader) Status(name string) status {
	entries := r.entries.Load().(map[string]info)
	switch entries[name].status {
	case "go":
		return "go"
	}
	return "stop"
}

func BenchmarkStatus(b *testing.B) {
	r := &reader{}
	r.entries.Store(map[string]info{"W": {"W", "go"}})
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		if r.Status("W") != "go" {
			b.Fatal("stopped")
		}
	}
}
