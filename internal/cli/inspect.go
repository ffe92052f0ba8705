package cli

import (
	"bytes"
	"encoding/json"
	"strings"

	"bantam/internal/cli/option"
)

func (c *call) inspectCommand() *command {
	var kind, format string
	var size bool
	return &command{
		name: "inspect", args: "[OPTIONS] NAME|ID [NAME|ID...]", short: "Return low-level information on containers and images", min: 1, max: -1,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.String(&format, "format", 'f', formatHelp),
			option.Bool(&size, "size", 's', "Display total file sizes if the type is container"),
			option.String(&kind, "type", 0, "Only inspect objects of the given type: container, image or volume"),
		}},
		run: func(args []string) int { return c.inspect(args, kind, format, size) },
	}
}

func (c *call) containerInspectCommand() *command {
	cmd := c.inspectCommand()
	var format string
	var size bool
	cmd.name, cmd.args, cmd.short = "container inspect", "[OPTIONS] CONTAINER [CONTAINER...]", "Display detailed information on one or more containers"
	cmd.options.Options = []option.Option{
		option.String(&format, "format", 'f', formatHelp),
		option.Bool(&size, "size", 's', "Display total file sizes"),
	}
	cmd.run = func(args []string) int { return c.inspect(args, "container", format, size) }
	return cmd
}

func (c *call) imageInspectCommand() *command {
	cmd := c.inspectCommand()
	var format, platform string
	cmd.name, cmd.args, cmd.short = "image inspect", "[OPTIONS] IMAGE [IMAGE...]", "Display detailed information on one or more images"
	cmd.options.Options = []option.Option{
		option.String(&format, "format", 'f', formatHelp),
		option.String(&platform, "platform", 0, `Inspect a specific platform of the multi-platform image (os[/arch[/variant]])`),
	}
	cmd.run = func(args []string) int {
		return c.inspectEach(args, format, func(name string) (any, error) { return c.engine().InspectImage(name, platform) })
	}
	return cmd
}

// inspect prints a JSON list, or a template for each; what isn't there is told after that.
func (c *call) inspect(names []string, kind, format string, size bool) int {
	return c.inspectEach(names, format, func(name string) (any, error) { return c.engine().Inspect(name, kind, size) })
}

func (c *call) inspectEach(names []string, format string, look func(name string) (any, error)) int {
	var found []any
	var errs []string
	for _, n := range names {
		v, err := look(n)
		if err != nil {
			errs = append(errs, err.Error())
			continue
		}
		found = append(found, v)
	}
	code := c.printInspected(found, format)
	for _, text := range errs {
		c.complain("error: " + strings.ToLower(text[:1]) + text[1:])
		code = 1
	}
	return code
}

func (c *call) printInspected(found []any, format string) int {
	if format == "" {
		if found == nil {
			found = []any{}
		}
		var out bytes.Buffer
		b, err := plainJSON(found)
		if err == nil {
			err = json.Indent(&out, b, "", "    ")
		}
		if err != nil {
			return c.fail(err)
		}
		c.print(out.String() + "\n")
		return 0
	}
	if format == "json" {
		format = "{{json .}}"
	}
	for _, v := range found {
		if code := c.inspected(format, v); code != 0 {
			return code
		}
	}
	return 0
}

// inspected runs a template over a value; over its JSON form where that has names that
// the value hasn't, as docker does.
func (c *call) inspected(format string, v any) int {
	var b strings.Builder
	err := render(&b, format, v)
	if err != nil {
		if _, bad := err.(*templateError); bad {
			c.complain(err.Error())
			return 1
		}
		raw, _ := json.Marshal(v)
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		var generic any
		b.Reset()
		if d.Decode(&generic) != nil || render(&b, format, generic) != nil {
			c.complain("template parsing error: " + err.Error())
			return 1
		}
	}
	c.print(b.String() + "\n")
	return 0
}
