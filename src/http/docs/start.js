// Swagger UI (Apache-2.0) over this server's own description of its API; nothing is asked of any other server.
window.ui = SwaggerUIBundle({
  url: new URL("openapi.json", document.baseURI).href,
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  layout: "BaseLayout",
  persistAuthorization: true,
  validatorUrl: null,
});
