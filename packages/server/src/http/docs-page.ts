// http/docs-page.ts: the OpenAPI document as one page to read, with no script and nothing from elsewhere.
// Must escape every text it shows.

type Json = Readonly<Record<string, unknown>>;

export const DOCS_STYLE = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#dde2ea;--back:#fff;--panel:#f6f8fb;--accent:#1f5fbf;--get:#1f6f4a;--post:#1f5fbf;--change:#8a5a00;--delete:#a3262c}
@media(prefers-color-scheme:dark){:root{--ink:#e4e8ee;--soft:#9aa5b4;--line:#2c3542;--back:#12161c;--panel:#1a2029;--accent:#7fb0ff;--get:#6fd0a0;--post:#7fb0ff;--change:#e0b25a;--delete:#f08a8f}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:1rem}
body{margin:0;background:var(--back);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
code,pre{font:13.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
code{overflow-wrap:anywhere}
.page{display:grid;grid-template-columns:minmax(0,1fr);max-width:82rem;margin:0 auto}
nav{padding:1rem;border-bottom:1px solid var(--line)}
nav summary{cursor:pointer;font-weight:600}
nav ul{list-style:none;margin:.2rem 0 .9rem;padding:0}
nav li a{display:block;padding:.22rem 0;color:var(--soft);font-size:.9rem}
nav b{font-size:.78rem;letter-spacing:.05em;text-transform:uppercase}
main{padding:1.2rem 1rem 4rem;min-width:0}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .4rem}
h2{font-size:1.3rem;margin:3rem 0 .2rem;padding-top:1rem;border-top:2px solid var(--line)}
h3{font-size:1.05rem;margin:0 0 .5rem}
h4{font-size:.8rem;letter-spacing:.05em;text-transform:uppercase;color:var(--soft);margin:1.1rem 0 .3rem}
.lead{color:var(--soft);margin:0 0 1rem}
article{border:1px solid var(--line);border-radius:10px;padding:1rem;margin:1rem 0;background:var(--back)}
.route{display:flex;gap:.6rem;align-items:baseline;flex-wrap:wrap;margin:0 0 .6rem;padding:.5rem .7rem;border-radius:7px;background:var(--panel)}
.method{font:700 .8rem/1.4 ui-monospace,Menlo,Consolas,monospace}
.GET{color:var(--get)}.POST{color:var(--post)}.PATCH,.PUT{color:var(--change)}.DELETE{color:var(--delete)}
p{margin:.5rem 0}
.fields{margin:0}
.fields div{padding:.45rem 0;border-top:1px solid var(--line)}
.fields dt{display:flex;gap:.5rem;flex-wrap:wrap;align-items:baseline}
.fields dd{margin:.1rem 0 0;color:var(--soft);font-size:.92rem}
.kind{color:var(--soft);font-size:.85rem}
.required{color:var(--delete);font-size:.78rem}
pre{background:var(--panel);border-radius:7px;padding:.8rem;overflow-x:auto;margin:.3rem 0}
details.more>summary{cursor:pointer;color:var(--accent);font-size:.92rem;margin-top:.6rem}
@media(min-width:60rem){.page{grid-template-columns:17rem minmax(0,1fr)}
nav{position:sticky;top:0;height:100vh;overflow-y:auto;border-bottom:0;border-right:1px solid var(--line);padding:1.5rem 1rem}
nav summary{display:none}main{padding:2rem 2.5rem 5rem}article{padding:1.2rem 1.4rem}}
`;

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly body: Json;
}

export function docsPage(document: Json): string {
  const { info, tags, paths, components } = document as {
    info: Json;
    tags: Json[];
    paths: Record<string, Json>;
    components: Json;
  }; // made by openApiDocument
  const schemas = components['schemas'] as Record<string, Json>; // as above
  const operations: Operation[] = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, body]) => ({
      method: method.toUpperCase(),
      path,
      body: body as Json,
    })),
  );
  const sections = tags.map((tag) => ({
    name: text(tag['name']),
    description: text(tag['description']),
    operations: operations.filter(({ body }) => (body['tags'] as string[]).includes(text(tag['name']))),
  }));
  const menu = sections
    .map(
      ({ name, operations: own }) =>
        `<b><a href="#${anchor(name)}">${escape(name)}</a></b><ul>${own
          .map(
            ({ body }) =>
              `<li><a href="#${escape(text(body['operationId']))}">${escape(text(body['summary']))}</a></li>`,
          )
          .join('')}</ul>`,
    )
    .join('');
  const content = sections
    .map(
      ({ name, description, operations: own }) =>
        `<h2 id="${anchor(name)}">${escape(name)}</h2><p class="lead">${escape(description)}</p>${own
          .map((operation) => article(operation, schemas))
          .join('')}`,
    )
    .join('');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escape(text(info['title']))} API</title><style>${DOCS_STYLE}</style></head><body><div class="page">
<nav><details open><summary>Contents</summary>${menu}</details></nav><main>
<h1>${escape(text(info['title']))} API</h1><p class="lead">${escape(text(info['description']))}</p>
<p>Send your key as <code>Authorization: Bearer &lt;key&gt;</code> or <code>X-API-Key: &lt;key&gt;</code>. Errors are
<code>application/problem+json</code> with a stable <code>code</code>. The same as data: <a href="/openapi.json">openapi.json</a>.</p>
${content}</main></div></body></html>
`;
}

function article({ method, path, body }: Operation, schemas: Record<string, Json>): string {
  const request = contentOf(body['requestBody']);
  const responses = (body['responses'] ?? {}) as Record<string, Json>; // made by openApiDocument
  const [success] = Object.entries(responses).filter(([code]) => code !== 'default');
  const [status, response] = success ?? ['', undefined];
  const answer = contentOf(response);
  const parameters = (body['parameters'] ?? []) as Json[]; // as above
  return `<article id="${escape(text(body['operationId']))}"><h3>${escape(text(body['summary']))}</h3>
<p class="route"><span class="method ${method}">${method}</span><code>${escape(path)}</code></p>
${paragraphs(text(body['description']))}
${parameters.length === 0 ? '' : `<h4>Parameters</h4><dl class="fields">${parameters.map((each) => parameter(each, schemas)).join('')}</dl>`}
${request === null ? '' : `<h4>Body</h4>${example(request.example)}${fields(request.schema, schemas)}`}
${answer === null ? '' : `<details class="more"><summary>Answer ${escape(status)}</summary>${fields(answer.schema, schemas)}</details>`}
</article>`;
}

function contentOf(part: unknown): { readonly schema: Json; readonly example: unknown } | null {
  const content = (part as { content?: Record<string, Json> } | undefined)?.content?.['application/json'];
  if (content === undefined) return null;
  return { schema: (content['schema'] ?? {}) as Json, example: content['example'] }; // made by openApiDocument
}

function parameter(each: Json, schemas: Record<string, Json>): string {
  const schema = (each['schema'] ?? {}) as Json; // as above
  return field(
    text(each['name']),
    { ...schema, description: each['description'] },
    each['required'] === true,
    schemas,
    text(each['in']),
  );
}

function fields(schema: Json, schemas: Record<string, Json>): string {
  const resolved = resolve(schema, schemas);
  const properties = Object.entries((resolved['properties'] ?? {}) as Record<string, Json>); // a JSON Schema
  const required = (resolved['required'] ?? []) as string[]; // as above
  const own = properties
    .map(([name, each]) => field(name, each, required.includes(name), schemas, ''))
    .join('');
  return properties.length === 0
    ? paragraphs(text(resolved['description']))
    : `<dl class="fields">${own}</dl>`;
}

function field(
  name: string,
  schema: Json,
  isRequired: boolean,
  schemas: Record<string, Json>,
  place: string,
): string {
  const resolved = { ...resolve(schema, schemas), ...schema };
  const notes = [place, kindOf(schema, schemas)].filter((note) => note !== '').join(', ');
  return `<div><dt><code>${escape(name)}</code><span class="kind">${escape(notes)}</span>${
    isRequired ? '<span class="required">required</span>' : ''
  }</dt><dd>${inline(text(resolved['description']))}</dd></div>`;
}

function kindOf(schema: Json, schemas: Record<string, Json>): string {
  const resolved = resolve(schema, schemas);
  const options = resolved['anyOf'] as Json[] | undefined; // a JSON Schema
  if (options !== undefined) return options.map((each) => kindOf(each, schemas)).join(' or ');
  const choices = resolved['enum'] as unknown[] | undefined; // as above
  if (choices !== undefined) return choices.map((each) => String(each)).join(' | ');
  if (resolved['type'] === 'array') return `list of ${kindOf((resolved['items'] ?? {}) as Json, schemas)}`; // as above
  return text(resolved['title']) || text(resolved['type']) || 'any';
}

function resolve(schema: Json, schemas: Record<string, Json>): Json {
  const reference = text(schema['$ref']);
  return reference === '' ? schema : (schemas[reference.slice('#/components/schemas/'.length)] ?? {});
}

function example(value: unknown): string {
  return value === undefined ? '' : `<pre>${escape(JSON.stringify(value, null, 2))}</pre>`;
}

function paragraphs(words: string): string {
  return words
    .split('\n\n')
    .filter((paragraph) => paragraph !== '')
    .map((paragraph) => `<p>${inline(paragraph)}</p>`)
    .join('');
}

/** Text with its `code` set apart. */
function inline(words: string): string {
  return escape(words).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

function anchor(name: string): string {
  return `section-${name.toLowerCase()}`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function escape(words: string): string {
  return words
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
