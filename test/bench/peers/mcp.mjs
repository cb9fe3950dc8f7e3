import { load } from './load.mjs';

const { Server } = load('@modelcontextprotocol/sdk/server/index.js');
const { StdioServerTransport } = load('@modelcontextprotocol/sdk/server/stdio.js');
const { CallToolRequestSchema } = load('@modelcontextprotocol/sdk/types.js');
const server = new Server({ name: 'echo', version: '1.0.0' }, { capabilities: { tools: {} } });
server.setRequestHandler(CallToolRequestSchema, (/** @type {any} */ { params }) => ({
  content: [{ type: 'text', text: JSON.stringify(params.arguments) }],
}));
await server.connect(new StdioServerTransport());
