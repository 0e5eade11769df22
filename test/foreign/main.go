// Makes random clusters and asks other NetworkPolicy engines who may reach whom in them: one JSON object a line on
// standard output, for selvedge-test-foreign to compare with what Selvedge says.
//
// A scenario is a function of (seed, number) alone, so a single one can be had again:
//
//	foreign -seed 7 -first 42 -scenarios 1
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"log"
	"math/rand/v2"
	"os"
	"time"
)

func main() {
	seed := flag.Uint64("seed", 1, "what the scenarios are made from")
	first := flag.Uint64("first", 0, "number of the first scenario")
	scenarios := flag.Uint64("scenarios", 100, "how many")
	seconds := flag.Float64("seconds", 0, "if not 0: go on for so long, and -scenarios does not count")
	flag.Parse()

	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	end := time.Now().Add(time.Duration(*seconds * float64(time.Second)))
	more := func(done uint64) bool {
		if *seconds > 0 {
			return time.Now().Before(end)
		}
		return done < *scenarios
	}
	for done := uint64(0); more(done); done++ {
		if err := json.NewEncoder(out).Encode(scenario(*seed, *first+done)); err != nil {
			log.Fatal(err)
		}
	}
	if err := out.Flush(); err != nil {
		log.Fatal(err)
	}
}

// A line of the output. The questions are all (source, destination, probe) whose two addresses are of one family,
// the probe changing fastest; each engine's answers are one character a question in that order, 1 for allowed.
type line struct {
	Seed      uint64            `json:"seed"`
	Scenario  uint64            `json:"scenario"`
	Objects   object            `json:"objects"`
	Addresses []string          `json:"addresses"`
	Probes    []probe           `json:"probes"`
	Answers   map[string]string `json:"answers"`
}

type probe struct {
	Protocol string `json:"protocol"` // TCP, UDP, SCTP or ICMP
	Port     int    `json:"port"`     // 0 for ICMP
}

type engine interface {
	allows(source, destination string, p probe) bool
}

func scenario(seed, number uint64) line {
	r := random{rand.New(rand.NewPCG(seed, number))}
	objects := r.cluster()
	state := asServed(objects)
	l := line{
		Seed: seed, Scenario: number,
		Objects:   object{"apiVersion": "v1", "kind": "List", "items": objects},
		Addresses: r.addresses(state),
		Probes:    r.probes(state),
		Answers:   map[string]string{},
	}
	engines := map[string]engine{"kube-network-policies": newKNP(state), "cyclonus": newCyclonus(state)}
	for name, e := range engines {
		l.Answers[name] = answers(e, l.Addresses, l.Probes)
	}
	return l
}

func answers(e engine, addresses []string, probes []probe) string {
	var text []byte
	for _, source := range addresses {
		for _, destination := range addresses {
			if isV4(source) != isV4(destination) {
				continue
			}
			for _, p := range probes {
				answer := byte('0')
				if e.allows(source, destination, p) {
					answer = '1'
				}
				text = append(text, answer)
			}
		}
	}
	return string(text)
}
