/** Shaders. Pass 1 puts number and grey of each screen pixel into buffers, pass 2 makes colours and outlines of them. */
const QUAD = `#version 300 es
uniform vec4 rect;  // left, bottom, right, top in clip space
out vec2 place;     // 0 to 1 in the tile, from its top left
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  place = vec2(corner.x, 1.0 - corner.y);
  gl_Position = vec4(mix(rect.xy, rect.zw, corner), 0.0, 1.0);
}`;

const NUMBERS = `#version 300 es
precision highp float; precision highp int; precision highp usampler2DArray; precision highp usampler2D;
uniform usampler2DArray tiles; uniform usampler2D remap; uniform bool remapped;
uniform int slot; uniform vec2 size;
in vec2 place; out uvec4 number;
void main() {
  ivec2 texel = ivec2(min(floor(place * size), size - 1.0));
  uint n = texelFetch(tiles, ivec3(texel, slot), 0).r;
  if (remapped && n != 0u) { uint to = texelFetch(remap, ivec2(n & 4095u, n >> 12u), 0).r; n = to == 0u ? n : to - 1u; }
  number = uvec4(n, 0u, 0u, 0u);
}`;

const GREY = `#version 300 es
precision highp float; precision highp int; precision mediump sampler2DArray;
uniform sampler2DArray tiles; uniform int slot; uniform vec2 size; uniform bool smoothly;
in vec2 place; out vec4 grey;
void main() {
  vec2 texel = clamp(place * size, vec2(0.5), size - 0.5);
  if (!smoothly) texel = floor(texel) + 0.5;
  grey = vec4(texture(tiles, vec3(texel / 512.0, float(slot))).r, 1.0, 0.0, 1.0);
}`;

const SHADE = `#version 300 es
precision highp float; precision highp int; precision highp usampler2D;
uniform usampler2D numbers; uniform sampler2D greys; uniform sampler2D lookUp; uniform sampler2D ramp;
uniform vec2 range; uniform float gamma; uniform bool inverted;
uniform float opacity; uniform bool filled; uniform int outline; uniform uint hover; uniform vec3 surround; uniform uint rows;
out vec4 colour;

const int HIDDEN = 1, SELECTED = 2, LOCKED = 4, FLAGGED = 8;
uint numberAt(ivec2 at) { return texelFetch(numbers, clamp(at, ivec2(0), textureSize(numbers, 0) - 1), 0).r; }
vec4 lookAt(uint n) { return n >> 12u >= rows ? vec4(0.6, 0.6, 0.6, 0.0) : texelFetch(lookUp, ivec2(n & 4095u, n >> 12u), 0); }

void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  vec4 seen = texelFetch(greys, at, 0);
  uint n = numberAt(at);
  float grey = pow(clamp((seen.r - range.x) / max(range.y - range.x, 1e-4), 0.0, 1.0), gamma);
  vec3 base = seen.g > 0.0 ? texture(ramp, vec2(((inverted ? 1.0 - grey : grey) * 255.0 + 0.5) / 256.0, 0.5)).rgb : surround;
  vec4 look = n == 0u ? vec4(0.0) : lookAt(n);
  int state = int(look.a * 255.0 + 0.5);
  if (n == 0u || (state & HIDDEN) != 0) { colour = vec4(base, 1.0); return; }
  bool selected = (state & SELECTED) != 0;
  float cover = filled ? opacity : 0.0;
  if (selected) cover = max(cover, 0.25) + 0.15;
  if (n == hover) cover += 0.15;
  vec3 mixed = mix(base, look.rgb, min(cover, 1.0));
  int reach = outline + (selected || n == hover ? 1 : 0);
  bool edge = false;
  for (int i = 1; i <= 4; i++) {
    if (i > reach) break;
    edge = edge || numberAt(at + ivec2(i, 0)) != n || numberAt(at - ivec2(i, 0)) != n || numberAt(at + ivec2(0, i)) != n || numberAt(at - ivec2(0, i)) != n;
  }
  if (edge) {
    mixed = look.rgb;
    int along = at.x + at.y;
    if (selected) mixed = (along >> 2 & 1) == 0 ? vec3(1.0) : vec3(0.05);
    else if ((state & LOCKED) != 0 && (along >> 1 & 3) == 0) mixed = vec3(0.05);
    else if ((state & FLAGGED) != 0 && (along >> 2 & 3) == 0) mixed = vec3(1.0);
  }
  colour = vec4(mixed, 1.0);
}`;

function compile(gl: WebGL2RenderingContext, kind: number, text: string): WebGLShader {
  const shader = gl.createShader(kind)!;
  gl.shaderSource(shader, text);
  gl.compileShader(shader);
  if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS) && !gl.isContextLost()) throw new Error(`Shader: ${gl.getShaderInfoLog(shader)}`);
  return shader;
}

/** A program and the places of its uniforms. */
export class Program {
  readonly program: WebGLProgram;
  private places = new Map<string, WebGLUniformLocation | null>();

  constructor(
    private readonly gl: WebGL2RenderingContext,
    fragment: string,
  ) {
    this.program = gl.createProgram()!;
    gl.attachShader(this.program, compile(gl, gl.VERTEX_SHADER, QUAD));
    gl.attachShader(this.program, compile(gl, gl.FRAGMENT_SHADER, fragment));
    gl.linkProgram(this.program);
    if (!gl.getProgramParameter(this.program, gl.LINK_STATUS) && !gl.isContextLost()) throw new Error(`Program: ${gl.getProgramInfoLog(this.program)}`);
  }

  at(name: string): WebGLUniformLocation | null {
    if (!this.places.has(name)) this.places.set(name, this.gl.getUniformLocation(this.program, name));
    return this.places.get(name)!;
  }
}

export const numbersProgram = (gl: WebGL2RenderingContext): Program => new Program(gl, NUMBERS);
export const greyProgram = (gl: WebGL2RenderingContext): Program => new Program(gl, GREY);
export const shadeProgram = (gl: WebGL2RenderingContext): Program => new Program(gl, SHADE);
